import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addRoute } from '../../src/http/add-route.ts'

test('an endpoint that names no right is not served: the service does not start', () => {
  const served: string[] = []
  const app: any = { route: ({ url }: { url: string }) => served.push(url) }
  const route = { method: 'GET', path: '/x', handle: async () => ({ status: 200 }) }
  for (const action of [undefined, null, '', '*', '/', 'Microsoft.Compute', 'T/things/*'])
    assert.throws(
      () => addRoute(app, {} as never, null as never, { ...route, action } as never),
      /GET \/x names no right/,
    )
  assert.deepEqual(served, [])
  addRoute(app, {} as never, null as never, { ...route, action: 'T/things/read' } as never)
  assert.deepEqual(served, ['/x'])
})
