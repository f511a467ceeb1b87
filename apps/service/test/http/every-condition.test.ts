import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { change } from '../../src/http/change.ts'
import type { Route } from '../../src/http/route.ts'
import { allRoutes } from '../../src/http/routes.ts'
import { aService } from '../a-service.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const changing = allRoutes(none, none, none, none).filter(({ method }) =>
  ['PUT', 'PATCH', 'DELETE'].includes(method),
)

test('no endpoint makes or changes what another version is asked for of, whatever else is sent', async (t) => {
  const service = await aService(t)
  const { subscriptionId } = service.service.administrator
  const params: Record<string, string> = { subscriptionId, scope: service.subscription.slice(1) }
  const path = (route: Route) => route.path.replace(/:(\w+)/g, (_, name) => params[name] ?? 'x')
  assert.ok(changing.length > 50)
  for (const route of changing.filter(({ method }) => method !== 'DELETE')) {
    const { status, body } = await service.ask(route.method, path(route), {}, { 'if-match': '"x"' })
    const code = route.versionOf === null ? 'InvalidParameter' : 'PreconditionFailed'
    assert.equal(body.error?.code, code, `${route.method} ${route.path}: ${status}`)
  }
})

test('a change is not made over another version than it is asked for of', async () => {
  let made = 0
  const ask = (method: string, etag: string | null, ifMatch: string) => {
    const tables = { resources: { get: async () => (etag === null ? null : { etag }) } }
    const store = { transaction: (work: any) => work(tables) } as never
    const request = { method, id: '/x', ifMatch, ifNoneMatch: null, audit: async () => {} }
    return change({ store }, request as never, async () => {
      made++
      return { status: 200 }
    })
  }
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    await assert.rejects(ask(method, 'a', '"b"'), /does not hold/)
  await assert.rejects(ask('PUT', null, '*'), /does not hold/)
  assert.equal(made, 0)
  for (const method of ['PUT', 'PATCH', 'DELETE']) await ask(method, 'a', '"a"')
  await ask('DELETE', null, '"a"')
  assert.equal(made, 4)
})

test('a principal has a version: another password is another one', async (t) => {
  const service = await aService(t)
  const id = `/providers/TrustedLaunch/principals/${randomUUID()}`
  const of = (password: string) => ({
    properties: { kind: 'user', signInName: 'ann', password },
  })
  const { status, headers } = await service.ask('PUT', id, of('first password'))
  assert.equal(status, 201)
  const under = { 'if-match': String(headers.etag) }
  assert.equal((await service.ask('PUT', id, of('other password'), under)).status, 200)
  assert.equal((await service.ask('PUT', id, of('third password'), under)).status, 412)
  assert.equal((await service.ask('DELETE', id, undefined, under)).status, 412)
  const now = { 'if-match': String((await service.ask('GET', id)).headers.etag) }
  assert.equal((await service.ask('DELETE', id, undefined, now)).status, 200)
})
