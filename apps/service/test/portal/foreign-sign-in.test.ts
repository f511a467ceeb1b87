import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { objectIdOf } from '../../src/identity/verify-token.ts'
import { aService } from '../a-service.ts'
import { Browser } from './a-browser.ts'
import { aForeignIssuer } from './a-foreign-issuer.ts'

const SUBSCRIPTIONS = '/subscriptions?api-version=2022-12-01'
const TO = '/portal/alerts?state=Active'
const CLIENT = { clientId: 'the-portal' }
const SECRET = 'a secret of forty letters, as issuers make'

/** A service that takes people of another issuer; a browser; and what leaves it for the issuer. */
async function aGuest(t: TestContext, secret?: string) {
  const issuer = await aForeignIssuer(t)
  const data = mkdtempSync(join(tmpdir(), 'tl-guest-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const clientSecretFile = join(data, 'client-secret')
  writeFileSync(clientSecretFile, `${SECRET}\n`)
  const portal = {
    ...CLIENT,
    label: 'Elsewhere',
    ...(secret !== undefined && { clientSecretFile }),
  }
  const trusted = { issuer: issuer.url, audiences: ['us'], nameClaim: 'email', portal }
  writeFileSync(join(data, 'trusted-issuers.json'), JSON.stringify([trusted]))
  const service = await aService(t, undefined, { data })
  const redirectUri = `${service.service.endpoint}/portal/signed-in`
  const client = { ...CLIENT, ...(secret !== undefined && { clientSecret: secret }), redirectUri }
  const browser = new Browser(service)
  const leave = async () => {
    const query = new URLSearchParams({ issuer: issuer.url, to: TO })
    const { status, headers } = await browser.send('GET', `/portal/sign-in?${query}`)
    assert.equal(status, 302)
    return String(headers.location)
  }
  const comeBack = async (url: string) => {
    const { pathname, search } = new URL(url)
    assert.equal(new URL(url).origin + pathname, redirectUri)
    return (await browser.send('GET', pathname + search)).headers.location
  }
  return { issuer, service, browser, client, leave, comeBack }
}

for (const [kind, secret] of [
  ['a public client', undefined],
  ['a client with a secret', SECRET],
] as const)
  test(`somebody of another issuer signs in as of ${kind}, by code and PKCE, and may what their object id was given`, async (t) => {
    const { issuer, service, browser, client, leave, comeBack } = await aGuest(t, secret)
    issuer.knows(client)
    const { issuers } = await browser.session()
    assert.deepEqual(issuers[1], { name: issuer.url, label: 'Elsewhere' })
    const asked = new URL(await leave())
    assert.equal(asked.origin, issuer.url)
    assert.equal(asked.searchParams.get('code_challenge_method'), 'S256')
    assert.equal(await comeBack(await issuer.signIn(asked.href, 'ann')), TO)
    const { signedIn } = await browser.session()
    const objectId = objectIdOf(issuer.url, 'ann')
    assert.deepEqual(
      [signedIn.objectId, signedIn.name, signedIn.kind],
      [objectId, 'ann@elsewhere.example', 'user'],
    )
    assert.deepEqual((await browser.ask('GET', SUBSCRIPTIONS)).body.value, [])
    const at = `${service.subscription}/providers/Microsoft.Authorization`
    const roleDefinitionId = `${at}/roleDefinitions/${READER.name}`
    const properties = { roleDefinitionId, principalId: objectId }
    const role = `${at}/roleAssignments/${randomUUID()}`
    assert.equal((await service.ask('PUT', role, { properties })).status, 201)
    assert.equal((await browser.ask('GET', SUBSCRIPTIONS)).body.value.length, 1)
  })

test('another sign-in’s code, another secret, or an issuer that is down signs nobody in', async (t) => {
  const { issuer, browser, client, leave, comeBack } = await aGuest(t, 'not that secret')
  assert.equal(await leave(), '/portal/?failed=unreachable')
  issuer.knows(client)
  const first = await issuer.signIn(await leave(), 'ann')
  await leave()
  assert.equal(await comeBack(first), '/portal/?failed=refused')
  assert.equal(await comeBack(await issuer.signIn(await leave(), 'ann')), '/portal/?failed=refused')
  assert.equal((await browser.session()).signedIn, null)
})
