import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { IDLE_MS, SESSION_MS, Sessions } from '../../src/identity/sessions.ts'
import { openStore } from '../../src/store/open.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { Browser } from './a-browser.ts'

const PASSWORD = 'correct horse battery staple'
const SUBSCRIPTIONS = '/subscriptions?api-version=2022-12-01'

interface Set {
  readonly service: TestService
  readonly browser: Browser
  readonly id: string
  now(): number
  later(ms: number): void
}

/** A service with one person, who may read everything. */
async function aPerson(t: TestContext): Promise<Set> {
  let late = 0
  const now = () => Date.now() + late
  const service = await aService(t, undefined, { now })
  const id = randomUUID()
  const properties = { kind: 'user', signInName: 'ada', displayName: 'Ada', password: PASSWORD }
  const made = await service.ask('PUT', `/providers/TrustedLaunch/principals/${id}`, { properties })
  assert.equal(made.status, 201)
  const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
  const role = `${service.subscription}/providers/Microsoft.Authorization`
  const assigned = await service.ask('PUT', `${role}/roleAssignments/${randomUUID()}`, {
    properties: {
      roleDefinitionId: `${role}/roleDefinitions/${reader}`,
      principalId: id,
    },
  })
  assert.equal(assigned.status, 201, JSON.stringify(assigned.body))
  const later = (ms: number) => {
    late += ms
  }
  return { service, browser: new Browser(service), id, now, later }
}

test('somebody who signs in with a browser asks with their own rights, and is sent where they wanted', async (t) => {
  const { browser, id } = await aPerson(t)
  assert.deepEqual((await browser.session()).issuers, [{ name: 'own', label: null }])
  const at = await browser.signIn('ada', PASSWORD, '/portal/alerts?state=Active')
  assert.equal(at, '/portal/alerts?state=Active')
  const { signedIn } = await browser.session()
  assert.deepEqual([signedIn.objectId, signedIn.name], [id, 'Ada'])
  const { status, body } = await browser.ask('GET', SUBSCRIPTIONS)
  assert.deepEqual([status, body.value.length], [200, 1])
})

test('a cookie without the header of its session asks for nothing', async (t) => {
  const { browser } = await aPerson(t)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  for (const headers of [{}, { 'x-tl-session': 'x' }, { 'x-tl-session': 'A'.repeat(43) }])
    assert.equal((await browser.send('GET', SUBSCRIPTIONS, headers)).status, 401)
})

test('the cookie is one that no script reads and no other site sends', async (t) => {
  const { service, browser } = await aPerson(t)
  const ticket = await ticketOf(service)
  const { headers } = await browser.send('POST', '/portal/session', {}, { ticket })
  assert.match(
    String(headers['set-cookie']),
    /^__Host-tl-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  )
})

test('nobody is sent out of the portal by a link to its sign-in', async (t) => {
  const { browser } = await aPerson(t)
  for (const to of [
    'https://example.org/',
    '//example.org/',
    '/portal//example.org',
    '/portal/\\x',
  ])
    assert.equal(await browser.signIn('ada', PASSWORD, to), '/portal/')
})

test('what comes back without a sign-in begun here, or with another state, signs nobody in', async (t) => {
  const { browser } = await aPerson(t)
  const forged = await browser.send('GET', '/portal/signed-in?code=abc&state=x')
  assert.equal(forged.headers.location, '/portal/?failed=over')
  await browser.send('GET', '/portal/sign-in?issuer=own')
  const other = await browser.send('GET', '/portal/signed-in?code=abc&state=x')
  assert.equal(other.headers.location, '/portal/?failed=refused')
  assert.equal((await browser.session()).signedIn, null)
})

test('a session ends when it is not used, and in any case after some hours', async (t) => {
  const { browser, later } = await aPerson(t)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  const uses = Math.floor(SESSION_MS / (IDLE_MS - 60_000))
  for (let i = 0; i < uses; i++) {
    later(IDLE_MS - 60_000)
    assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 200)
  }
  later(IDLE_MS - 60_000)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  later(IDLE_MS)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
})

test('what the page asks by itself keeps nobody signed in', async (t) => {
  const { browser, later } = await aPerson(t)
  await browser.signIn('ada', PASSWORD)
  const { signedIn } = await browser.session()
  const headers = { 'x-tl-session': signedIn.csrf, 'x-tl-background': '1' }
  later(IDLE_MS - 1_000)
  assert.equal((await browser.send('GET', SUBSCRIPTIONS, headers)).status, 200)
  later(2_000)
  assert.equal((await browser.send('GET', SUBSCRIPTIONS, headers)).status, 401)
})

test('signing out ends this browser’s session; everywhere, all of them', async (t) => {
  const { service, browser, later } = await aPerson(t)
  const others = [new Browser(service), new Browser(service)] as const
  for (const each of [browser, ...others]) {
    await each.signIn('ada', PASSWORD)
    await each.session()
  }
  assert.equal((await browser.ask('POST', '/portal/sign-out', {})).status, 204)
  assert.equal((await browser.session()).signedIn, null)
  assert.equal((await others[0].ask('GET', SUBSCRIPTIONS)).status, 200)
  assert.equal((await others[0].ask('POST', '/portal/sign-out', { everywhere: true })).status, 204)
  assert.equal((await others[1].ask('GET', SUBSCRIPTIONS)).status, 401)
  later(10)
  await browser.signIn('ada', PASSWORD)
  assert.notEqual((await browser.session()).signedIn, null)
})

test('after one person signed out of a browser another one signs in with it', async (t) => {
  const { service, browser } = await aPerson(t)
  const id = randomUUID()
  const properties = { kind: 'user', signInName: 'bob', displayName: 'Bob', password: PASSWORD }
  const made = await service.ask('PUT', `/providers/TrustedLaunch/principals/${id}`, { properties })
  assert.equal(made.status, 201)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  assert.equal((await browser.ask('POST', '/portal/sign-out', { everywhere: false })).status, 204)
  assert.equal(await browser.signIn('bob', PASSWORD), '/portal/')
  assert.equal((await browser.session()).signedIn.objectId, id)
})

test('who signs out while a request is under way stays signed out', async (t) => {
  let late = 0
  const folder = mkdtempSync(join(tmpdir(), 'tl-sessions-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(() => store.close())
  const id = randomUUID()
  await store.principals.put({
    ...{ id, kind: 'user', signInName: 'ada', displayName: 'Ada' },
    ...{ disabled: false, secretHash: null, createdAt: 0 },
  })
  let answered = Promise.resolve()
  const principals = {
    get: async (of: string) => {
      await answered
      return store.principals.get(of)
    },
  } as typeof store.principals
  const sessions = new Sessions(store.values, principals, () => Date.now() + late)
  const secret = await sessions.begin({ objectId: id, name: 'ada', kind: 'user', tenantId: 'x' })
  late = 61_000
  const { promise, resolve } = Promise.withResolvers<void>()
  answered = promise
  const underWay = sessions.find(secret, true)
  await sessions.end(secret)
  resolve()
  assert.equal(await underWay, null)
  assert.equal(await sessions.find(secret, false), null)
})

test('a session does not come back with who was disabled or deleted', async (t) => {
  const { service, browser, id, later } = await aPerson(t)
  const path = `/providers/TrustedLaunch/principals/${id}`
  const own = { kind: 'user', signInName: 'ada', displayName: 'Ada' }
  const put = (more: object) => service.ask('PUT', path, { properties: { ...own, ...more } })
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  await put({ disabled: true })
  await put({ disabled: false })
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
  later(10)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 200)
  assert.equal((await service.ask('DELETE', path)).status, 200)
  assert.equal((await put({ password: PASSWORD })).status, 201)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
})

test('who is disabled is signed out at once', async (t) => {
  const { service, browser, id } = await aPerson(t)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  const path = `/providers/TrustedLaunch/principals/${id}`
  const properties = { kind: 'user', signInName: 'ada', displayName: 'Ada', disabled: true }
  assert.equal((await service.ask('PUT', path, { properties })).status, 200)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
})

test('another password signs everybody out who came in with the former one', async (t) => {
  const { service, browser, id } = await aPerson(t)
  await browser.signIn('ada', PASSWORD)
  await browser.session()
  const path = `/providers/TrustedLaunch/principals/${id}`
  const put = (more: object) =>
    service.ask('PUT', path, { properties: { kind: 'user', signInName: 'ada', ...more } })
  assert.equal((await put({ displayName: 'Ada L.' })).status, 200)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 200)
  assert.equal((await put({ password: `another ${PASSWORD}` })).status, 200)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
  assert.equal((await browser.session()).signedIn, null)
})

test('another secret of a program ends the sessions and tickets that it asked for before', async (t) => {
  const { service, browser } = await aPerson(t)
  const { ask, path } = await aPrincipal(service, READER.name, service.subscription)
  const ticket = async () => {
    const { body } = await ask('POST', '/portal/tickets')
    return new URL(body.url).hash.replace('#ticket=', '')
  }
  const begin = async (of: string) =>
    (await browser.send('POST', '/portal/session', {}, { ticket: of })).status
  assert.equal(await begin(await ticket()), 204)
  await browser.session()
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 200)
  const unused = await ticket()
  assert.equal((await service.ask('POST', `${path}/newSecret`)).status, 200)
  assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).status, 401)
  assert.equal(await begin(unused), 401)
})

test('a ticket of a signed-in program signs one browser in, once, within a minute', async (t) => {
  const { service, browser, later } = await aPerson(t)
  const ticket = await ticketOf(service)
  assert.equal((await browser.send('POST', '/portal/session', {}, { ticket })).status, 204)
  assert.equal((await browser.session()).signedIn.kind, 'service')
  const second = new Browser(service)
  assert.equal((await second.send('POST', '/portal/session', {}, { ticket })).status, 401)
  const late = await ticketOf(service)
  later(60_000)
  assert.equal((await second.send('POST', '/portal/session', {}, { ticket: late })).status, 401)
  assert.equal((await service.send('POST', '/portal/tickets', {})).status, 401)
})

async function ticketOf(service: TestService): Promise<string> {
  const { body } = await service.ask('POST', '/portal/tickets')
  return new URL(body.url).hash.replace('#ticket=', '')
}
