import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allRoutes } from '../../src/http/routes.ts'
import { authorizationTable } from '../../src/identity/authorization-table.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const routes = allRoutes(none, none, none, none)

test('who may call what is as it was reviewed', (t) => {
  t.assert.snapshot(authorizationTable(routes), { serializers: [String] })
})

test('no two endpoints share a method and path, and each names a right', () => {
  const names = routes.map(
    ({ method, path }) => `${method} ${path.toLowerCase().replace(/:\w+/g, ':')}`,
  )
  assert.equal(new Set(names).size, names.length)
  for (const { action, path } of routes) assert.match(action, /^[\w.]+\/[\w/]+$/, path)
})
