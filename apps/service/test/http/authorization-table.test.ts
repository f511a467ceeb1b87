import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { reviewed } from '../../src/http/reviewed-routes.ts'
import { allRoutes } from '../../src/http/routes.ts'
import { authorizationTable } from '../../src/identity/authorization-table.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const routes = allRoutes(none, none, none, none)

test('who may call what is as it was reviewed', (t) => {
  const golden = join(import.meta.dirname, '../../src/http/authorization-table.md')
  t.assert.fileSnapshot(authorizationTable(routes), golden, { serializers: [String] })
})

test('an endpoint without its row, or with another right than was reviewed, keeps the service from starting', () => {
  assert.equal(reviewed(routes), routes)
  const [known] = routes
  for (const wrong of [
    { ...known!, path: '/new' },
    { ...known!, method: 'PATCH' as const },
    { ...known!, action: 'Microsoft.Resources/subscriptions/write' },
  ])
    assert.throws(() => reviewed([...routes, wrong]), /is not in http\/authorization-table\.md/)
})

test('no two endpoints share a method and path, and each names a right', () => {
  const names = routes.map(
    ({ method, path }) => `${method} ${path.toLowerCase().replace(/:\w+/g, ':')}`,
  )
  assert.equal(new Set(names).size, names.length)
  for (const { action, path } of routes) assert.match(action, /^[\w.]+\/[\w/]+$/, path)
})
