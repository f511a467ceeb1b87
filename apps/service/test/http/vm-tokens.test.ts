import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  boundNonce,
  parseJwks,
  RECORD_AUDIENCE,
  VerifiedToken,
  verifyRecord,
} from '@trusted-launch/attestation'
import { fromHex, toUtf8 } from '@trusted-launch/codec'
import { decodePem, fromBase64url, PublicKey, thumbprintOf } from '@trusted-launch/crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { ATTESTATION_READER, OWNER, READER } from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'
import { GUEST_ATTESTATION } from '../jobs/monitored.ts'

const AUDIENCE = 'https://relying.example'
const at = (vm: string) => `${vm}/providers/TrustedLaunch/token`

async function jwksOf(service: TestService): Promise<any> {
  const discovery = await service.send('GET', '/attestation/.well-known/openid-configuration', {})
  const { pathname } = new URL(discovery.body.jwks_uri)
  return (await service.send('GET', pathname, {})).body
}

/** The claims of a token, verified by `jose` against what the service publishes. */
async function claimsOf(service: TestService, token: string, audience = AUDIENCE): Promise<any> {
  const keys = createLocalJWKSet(await jwksOf(service))
  const issuer = `${service.service.endpoint}/attestation`
  const options = { issuer, audience, algorithms: ['ES256'] }
  return (await jwtVerify(token, keys, options)).payload
}

/** What a long action answers in the end. */
async function resultOf(service: TestService, answer: any): Promise<any> {
  assert.equal(answer.status, 202, JSON.stringify(answer.body))
  const end = await service.over(answer)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  assert.equal(end.properties, undefined, 'a token is told to who asked for it')
  const url = new URL(String(answer.headers.location))
  return (await service.ask('GET', url.pathname + url.search)).body
}

const publicJwk = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

test('the latest verdict is a token at once, for its audience, that says when the evidence was taken and is bound to nothing', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const { status, body } = await service.ask('POST', at(id), { audience: AUDIENCE })
  assert.equal(status, 200, JSON.stringify(body))
  const claims = await claimsOf(service, body.token)
  const { latest } = (await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)).body
  assert.deepEqual(
    [claims.ear_status, body.tier, body.evidence],
    ['affirming', 'affirming', latest.id],
  )
  assert.deepEqual([claims.evidenceTime, body.evidenceTime], [latest.time, latest.time])
  assert.deepEqual([claims.eat_nonce, claims.cnf], [undefined, undefined])
  assert.ok(claims.exp * 1000 <= Date.parse(latest.time) + 3_600_000)
  assert.equal(body.expiresOn, new Date(claims.exp * 1000).toISOString())
  const expected = {
    keys: parseJwks(toUtf8(JSON.stringify(await jwksOf(service)))),
    ...{ issuer: null, audience: AUDIENCE, nonce: null, time: Date.now() },
  }
  assert.ok(VerifiedToken.verify(body.token, expected) instanceof VerifiedToken)
})

/** Of a VM that is asked by itself: what becomes of the latest verdict, which no token is of meanwhile. */
async function judgedAnew(service: TestService, id: string): Promise<string> {
  for (;;) {
    const { status, body } = await service.ask('POST', at(id), { audience: AUDIENCE })
    if (status === 200) return body.tier
    assert.deepEqual([status, body.error.code], [409, 'AttestationStale'])
    await sleep(50)
  }
}

test('of what was made by a policy that changed, or by reference values that were revoked, there is no token; it is asked anew', async (t) => {
  let aheadMs = 0
  const host = new AttestingHost()
  const service = await aService(t, host, { now: () => Date.now() + aheadMs })
  const { id } = await aVm(service)
  await service.over(
    await service.ask('PUT', `${id}/extensions/GuestAttestation`, GUEST_ATTESTATION),
  )
  const attested = async () => {
    aheadMs += 15_000
    const asked = await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
    return (await service.over(asked)).properties.output.tier
  }
  host.vm.resetCount++
  host.vm.bootsWithSmallerDisk(2048n)
  await attested()
  const [drift] = (await service.ask('GET', `${id}/providers/TrustedLaunch/drift`)).body.value
  await service.over(await service.ask('POST', `${drift.id}/approve`, { reason: 'meant' }))
  assert.equal(await attested(), 'affirming')
  assert.equal(await judgedAnew(service, id), 'affirming')
  const put = async (path: string, document: object) => {
    const { status, body } = await service.ask('PUT', path, { properties: { document } })
    assert.ok(status < 300, JSON.stringify(body))
    return judgedAnew(service, id)
  }
  const secured = {
    claim: 'secure-boot',
    equals: true,
    when: null,
    severity: 'high',
    message: 'No.',
  }
  const windows = { ...secured, claim: 'windows' }
  const lenient = { version: 2, id: 'own', rules: {}, claims: [secured] }
  const policy = `${service.subscription}/providers/TrustedLaunch/policies/own`
  assert.equal(await put(policy, lenient), 'affirming')
  const plan = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal(await put(plan, { version: 1, name: 'own', policy: 'own' }), 'affirming')
  assert.equal(await put(policy, { ...lenient, claims: [windows] }), 'contraindicated')
  await put(policy, lenient)
  const all = await service.ask('GET', `${id}/providers/TrustedLaunch/referenceValues`)
  const made = all.body.value.find(({ properties }: any) => properties.origin === 'person')
  assert.equal((await service.ask('DELETE', made.id)).status, 200)
  await judgedAnew(service, id)
  const { latest } = (await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)).body
  assert.equal(latest.tier, 'contraindicated')
})

test('with a nonce and a key a fresh quote covers both, which the record shows to anybody, offline', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const [nonce, key] = ['a-nonce-of-theirs', publicJwk()]
  const asked = await service.ask('POST', at(id), { audience: AUDIENCE, nonce, key })
  const { token, evidence } = await resultOf(service, asked)
  const claims = await claimsOf(service, token)
  assert.equal(claims.eat_nonce, nonce)
  assert.deepEqual(claims.cnf.jwk, { ...key })
  const path = `${id}/providers/TrustedLaunch/evidence/${evidence}`
  const stored = (await service.ask('GET', `${path}?format=record`)).body
  const { binding } = stored.record.expectation
  assert.deepEqual([binding.nonce, JSON.parse(binding.jwk)], [nonce, { ...key }])
  const serviceNonce = fromHex(binding.serviceNonce)
  const quoted = boundNonce({ jwk: binding.jwk, nonce, serviceNonce })
  assert.deepEqual(fromHex(claims.evidenceNonce), quoted)
  const signers = await service.send('GET', '/attestation/signers.pem', {})
  const [signer] = decodePem(toUtf8(signers.body)).map(({ der }) => PublicKey.fromSpki(der))
  await claimsOf(service, stored.token, RECORD_AUDIENCE)
  await assert.rejects(claimsOf(service, stored.token), /aud/, 'no relying party takes it')
  const record = toUtf8(canonical(stored))
  const verified = verifyRecord(record, { key: signer!, anchors: [] })
  assert.ok(!('fault' in verified), JSON.stringify(verified))
  assert.deepEqual(verified.appraised.result.nonce, claims.evidenceNonce)
  const [header] = token.split('.')
  const { kid } = JSON.parse(new TextDecoder().decode(fromBase64url(header!)))
  assert.equal(kid, thumbprintOf(signer!))
  const another = await resultOf(
    service,
    await service.ask('POST', at(id), { audience: AUDIENCE, nonce }),
  )
  const again = await claimsOf(service, another.token)
  assert.notEqual(again.evidenceNonce, claims.evidenceNonce, 'the service adds chance of its own')
  assert.deepEqual([again.eat_nonce, again.cnf], [nonce, undefined])
  const plain = await service.ask('POST', at(id), { audience: 'https://another.example' })
  const theirs = await claimsOf(service, plain.body.token, 'https://another.example')
  assert.equal(plain.body.evidence, another.evidence, 'of the same quote')
  for (const name of ['eat_nonce', 'cnf', 'x-ms-runtime']) assert.equal(theirs[name], undefined)
})

function canonical(value: any): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
}

/** A relying party’s program, which knows the issuer’s authority and nothing else. */
async function example(service: TestService, token: string, ...args: string[]) {
  const { caFile, endpoint } = service.service
  const file = join(import.meta.dirname, '../../../../examples/verify-a-token.ts')
  const child = spawn(process.execPath, [file, `${endpoint}/attestation`, ...args], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
  })
  child.stdin.end(`${token}\n`)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

test('the example program takes a token by the published keys, and refuses one for another, an old one, and a changed one', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const nonce = 'a-nonce-of-theirs'
  const asked = await service.ask('POST', at(id), { audience: AUDIENCE, nonce })
  const { token } = await resultOf(service, asked)
  const good = await example(service, token, AUDIENCE, nonce)
  assert.deepEqual([good.code, good.out.trim().split('\n').at(-1)], [0, 'affirming'], good.err)
  const [header, payload, signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'another' })).toString('base64url')
  for (const [shown, ...args] of [
    [token, 'https://another.example', nonce],
    [token, AUDIENCE, 'another-nonce'],
    [[header, forged, signature].join('.'), AUDIENCE, nonce],
  ] as const)
    assert.notEqual((await example(service, shown, ...args)).code, 0, args.join(' '))
})

test('a token shows no text of the guest’s inside, but what the audience’s plan lists', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const told = async (audience = AUDIENCE) => {
    const { body } = await service.ask('POST', at(id), { audience })
    const [, payload] = body.token.split('.')
    return JSON.parse(new TextDecoder().decode(fromBase64url(payload))).claims
  }
  const before = await told()
  assert.equal(before['secure-boot'].value, true)
  for (const name of ['command-line', 'attestation-key', 'images', 'authorities'])
    assert.equal(before[name], undefined, name)
  const plan = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const audiences = { [AUDIENCE]: { claims: ['command-line'] } }
  const properties = { document: { version: 1, name: 'told', audiences } }
  const put = await service.ask('PUT', plan, { properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  assert.equal(typeof (await told())['command-line'].value, 'string')
  assert.equal((await told('https://another.example'))['command-line'], undefined)
})

test('a VM that failed is not told as affirmed until somebody cleared that, however good its boots since', async (t) => {
  const host = new DriftedHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const attest = `${id}/providers/TrustedLaunch/evidence/attest`
  for (const isDrifted of [true, false]) {
    host.isDrifted = isDrifted
    await service.over(await service.ask('POST', attest))
  }
  const { body } = await service.ask('POST', at(id), { audience: AUDIENCE })
  assert.equal(body.tier, 'contraindicated', JSON.stringify(body))
})

test('a verdict whose successor is due is stale, and no token outlives the interval', async (t) => {
  let ahead = 0
  const service = await aService(t, new AttestingHost(), { now: () => Date.now() + ahead })
  const { id } = await aVm(service)
  const plan = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const properties = { document: { version: 1, name: 'often', intervalSeconds: 600 } }
  assert.ok((await service.ask('PUT', plan, { properties })).status < 300)
  ahead = 500_000
  const { body } = await service.ask('POST', at(id), { audience: AUDIENCE })
  const left = (Date.parse(body.expiresOn) - Date.now() - ahead) / 1000
  assert.ok(left <= 100 && left > 60, String(left))
  ahead = 590_000
  const stale = await service.ask('POST', at(id), { audience: AUDIENCE })
  assert.deepEqual([stale.status, stale.body.error.code], [409, 'AttestationStale'])
  const asked = await service.ask('POST', at(id), { audience: AUDIENCE, nonce: 'n'.repeat(8) })
  const fresh = await resultOf(service, asked)
  assert.ok(Date.parse(fresh.expiresOn) - Date.now() - ahead <= 600_000)
})

test('a verdict of before a start or reset is stale, until the VM was attested', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  host.failure = new Error('its agent is late')
  await service.over(await service.ask('POST', `${id}/restart`))
  const asked = () => service.ask('POST', at(id), { audience: AUDIENCE })
  const { status, body } = await asked()
  assert.deepEqual([status, body.error?.code], [409, 'AttestationStale'])
  host.failure = null
  await service.over(await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`))
  assert.equal((await asked()).status, 200)
})

test('what cannot be bound, or names nobody, is refused; a private key is not taken', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  for (const wrong of [
    undefined,
    {},
    { audience: '' },
    { audience: 'a b' },
    { audience: 1 },
    { audience: AUDIENCE, nonce: 'short' },
    { audience: AUDIENCE, nonce: 7 },
    { audience: AUDIENCE, nonce: 'ä'.repeat(10) },
    { audience: AUDIENCE, key: {} },
    { audience: AUDIENCE, key: 'x' },
    { audience: AUDIENCE, key: { kty: 'oct', k: 'AAAA' } },
    { audience: AUDIENCE, key: secret.export({ format: 'jwk' }) },
    { audience: AUDIENCE, more: 1 },
  ]) {
    const { status } = await service.ask('POST', at(id), wrong)
    assert.equal(status, 400, JSON.stringify(wrong))
  }
})

test('tokens are for who may have evidence: an owner or reader of all else has none, nor has a VM that does not run', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const group = service.group('rg')
  for (const [role, status] of [
    [OWNER, 403],
    [READER, 403],
    [ATTESTATION_READER, 200],
  ] as const) {
    const who = await aPrincipal(service, role.name, group)
    assert.equal(
      (await who.ask('POST', at(id), { audience: AUDIENCE })).status,
      status,
      role.roleName,
    )
  }
  await service.over(await service.ask('POST', `${id}/powerOff`))
  for (const more of [{}, { nonce: 'n'.repeat(8) }]) {
    const off = await service.ask('POST', at(id), { audience: AUDIENCE, ...more })
    assert.deepEqual([off.status, /does not run/.test(off.body.error.message)], [409, true])
  }
})

test('fresh quotes count as attestations: six a minute', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) {
    const asked = await service.ask('POST', at(id), {
      audience: AUDIENCE,
      nonce: `nonce-${i}-${i}`,
    })
    statuses.push(asked.status)
    if (asked.status === 202) await resultOf(service, asked)
  }
  assert.deepEqual(statuses, [202, 202, 202, 202, 202, 202, 429])
  assert.equal((await service.ask('POST', at(id), { audience: AUDIENCE })).status, 200)
})

test('a token affirms nothing while an alert of a failure is open, though no verdict shows it', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const hashed = (firmwareSha256: string) => ({ firmwareSha256: firmwareSha256.repeat(32) })
  host.host = { actual: hashed('bb'), wanted: hashed('aa') } as typeof host.host
  host.failure = new Error('it says nothing')
  await service.over(await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`))
  const { body } = await service.ask('POST', at(id), { audience: AUDIENCE })
  assert.equal(body.tier, 'contraindicated', JSON.stringify(body))
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  const [alert] = (await service.ask('GET', alerts)).body.value
  await service.ask('POST', `${alert.id}/resolve`, { reason: 'it was meant' })
  const after = await service.ask('POST', at(id), { audience: AUDIENCE })
  assert.equal(after.body.tier, 'affirming')
})
