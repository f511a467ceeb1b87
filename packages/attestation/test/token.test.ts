import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromUtf8, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, ecdsaSignature, jwkOf, type SigningKey, toBase64url } from '@trusted-launch/crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { appraiseEvidence } from '../src/appraise.ts'
import { formatCanonical, type Json } from '../src/canonical-json.ts'
import { encodeRecord, verifyRecord } from '../src/record.ts'
import { boundNonce, type TokenBinding } from '../src/token/binding.ts'
import { sha256Hex, signTokensWith, TOKEN_CHARS_MAX, tokenOf } from '../src/token/token.ts'
import { jwksOf } from '../src/token/token-keys.ts'
import { type ExpectedToken, VerifiedToken } from '../src/token/verify-token.ts'
import { idsOf } from './appraised.ts'
import { anchor, quoteOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'
import { signingKey } from './issuer.ts'

const key = signingKey()
const issuer = {
  issuer: 'https://attest.example',
  audience: 'https://relying.example',
  lifetimeSeconds: 600,
  key: key.publicKey,
}
const input = evidenceOf(cleanBoot(), { measured: [] })
const appraised = appraiseEvidence(input)
const hash = sha256Hex(toUtf8('record'))
const { time } = input
const issue = (at = time, by: SigningKey = key, changes: Partial<typeof issuer> = {}) =>
  tokenOf(
    appraised.result,
    hash,
    at,
    { ...issuer, key: by.publicKey, ...changes },
    signTokensWith(by),
  )
const expected: ExpectedToken = {
  keys: [key.publicKey],
  issuer: issuer.issuer,
  audience: issuer.audience,
  nonce: null,
  time,
}
const faultOf = (token: string, changes: Partial<ExpectedToken> = {}) => {
  const verdict = VerifiedToken.verify(token, { ...expected, ...changes })
  return 'fault' in verdict ? verdict.fault : null
}
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

/** The evidence of a boot, asked for with a nonce that covers this. */
function bound(binding: TokenBinding, nonce = boundNonce(binding)) {
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) =>
    quoteOf(bank, new Map(pcrs.map(({ index, digest }) => [index, digest])), { extraData: nonce }),
  )
  return {
    ...input,
    evidence: { ...input.evidence, quotes },
    expectation: { ...input.expectation, nonce, binding },
  }
}
const holder = signingKey()
const binding: TokenBinding = {
  jwk: formatCanonical(jwkOf(holder.publicKey) as unknown as Json),
  serviceNonce: digest('sha256', toUtf8('service')),
  nonce: 'nonce-of-the-relying-party',
}

test('jose verifies a token by the JWKS, with issuer, audience and dates', async () => {
  const jwks = createLocalJWKSet(
    JSON.parse(fromUtf8(jwksOf([signingKey().publicKey, key.publicKey]))),
  )
  const { payload, protectedHeader } = await jwtVerify(issue(), jwks, {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: ['ES256'],
    typ: 'JWT',
    currentDate: new Date(time),
    requiredClaims: ['iat', 'nbf', 'exp', 'sub', 'submods', 'eat_profile'],
  })
  assert.equal(payload.sub, 'vm-1')
  assert.equal(protectedHeader.alg, 'ES256')
  const late = { currentDate: new Date(time + 601_000) }
  await assert.rejects(jwtVerify(issue(), jwks, late), { code: 'ERR_JWT_EXPIRED' })
})

test('openssl verifies the same signature', () => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'))
  try {
    const token = issue()
    const end = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(end + 1), 'base64url')
    const der = ecdsaSignature({ r: signature.subarray(0, 32), s: signature.subarray(32) })
    const pem = createPublicKey({ key: { ...jwkOf(key.publicKey) }, format: 'jwk' })
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const args = ['dgst', '-sha256', '-verify']
    args.push(file('key.pem', pem.export({ format: 'pem', type: 'spki' })))
    args.push('-signature', file('signature', der), file('signed', token.slice(0, end)))
    assert.match(execFileSync('openssl', args, { encoding: 'utf8' }), /Verified OK/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a token is believed from its issuer, for its audience, in its time, and for nothing else', () => {
  const token = issue()
  assert.equal(faultOf(token), null)
  assert.equal(faultOf(token, { issuer: null }), null)
  assert.equal(faultOf(token, { issuer: 'https://other.example' }), 'token-issuer')
  assert.equal(faultOf(token, { audience: 'https://other.example' }), 'token-audience')
  assert.equal(faultOf(token, { audience: null }), 'token-audience')
  assert.equal(faultOf(issue(time, key, { audience: null as never })), 'token-audience')
  assert.equal(faultOf(token, { nonce: 'of-the-relying-party' }), 'token-nonce')
  assert.equal(faultOf(token, { time: time - 60_000 }), null)
  assert.equal(faultOf(token, { time: time - 61_000 }), 'token-not-yet')
  assert.equal(faultOf(token, { time: time + 659_000 }), null)
  assert.equal(faultOf(token, { time: time + 660_000 }), 'token-expired')
})

test('a token by another key is refused, also when it calls itself by the name of ours', () => {
  const other = signingKey()
  assert.equal(faultOf(issue(time, other)), 'token-key-unknown')
  const [head] = issue().split('.')
  const [, body] = issue(time, other).split('.')
  const signature = toBase64url(signTokensWith(other)(toUtf8(`${head}.${body}`)))
  assert.equal(faultOf(`${head}.${body}.${signature}`), 'token-signature')
})

/** A token of any header and claims, signed by our key all the same. */
function forged(header: object, claims: object): string {
  const parts = [header, claims].map((part) => toBase64url(toUtf8(JSON.stringify(part))))
  const signed = parts.join('.')
  return `${signed}.${toBase64url(signTokensWith(key)(toUtf8(signed)))}`
}
const header = JSON.parse(Buffer.from(issue().split('.')[0]!, 'base64url').toString())

test('no other algorithm, no critical extension and no key of its own is taken from a header', () => {
  const claims = claimsOf(issue())
  assert.equal(faultOf(forged(header, claims)), null)
  assert.equal(faultOf(forged({ ...header, alg: 'none' }, claims)), 'token-algorithm')
  assert.equal(faultOf(forged({ ...header, alg: 'HS256' }, claims)), 'token-algorithm')
  for (const more of [{ crit: ['b64'], b64: false }, { jwk: jwkOf(key.publicKey) }, { kid: 7 }])
    assert.equal(faultOf(forged({ ...header, ...more }, claims)), 'token-malformed')
  const { kid: _, ...without } = header
  assert.equal(faultOf(forged(without, claims)), 'token-malformed')
})

test('a token that is signed but says no time, no tier, or a life of more than a day is refused', () => {
  const claims = claimsOf(issue())
  for (const name of ['iss', 'sub', 'iat', 'nbf', 'exp', 'ear_status', 'evidenceTime']) {
    const { [name]: _, ...without } = claims
    assert.equal(faultOf(forged(header, without)), 'token-malformed', name)
    assert.equal(faultOf(forged(header, { ...claims, [name]: null })), 'token-malformed', name)
  }
  assert.equal(faultOf(forged(header, { ...claims, aud: 7 })), 'token-malformed')
  assert.equal(faultOf(forged(header, { ...claims, aud: ['a', issuer.audience] })), null)
  assert.equal(faultOf(forged(header, { ...claims, exp: claims.iat + 86_400 })), null)
  assert.equal(faultOf(forged(header, { ...claims, exp: claims.iat + 86_401 })), 'token-lifetime')
  assert.throws(() => issue(time, key, { lifetimeSeconds: 86_401 }), RangeError)
  assert.throws(() => issue(time, key, { lifetimeSeconds: 0 }), RangeError)
})

test('a token that is longer than one may be is refused, though it is signed', () => {
  const filled = (chars: number) =>
    forged(header, { ...claimsOf(issue()), more: 'x'.repeat(chars) })
  assert.equal(faultOf(filled(16_000)), null)
  const long = filled(26_000)
  assert.ok(long.length > TOKEN_CHARS_MAX)
  assert.equal(faultOf(long), 'token-malformed')
})

test('a character changed anywhere, or a part more or less, is refused', () => {
  const token = issue()
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A'
    assert.notEqual(faultOf(token.slice(0, at) + other + token.slice(at + 1)), null, `${at}`)
  }
  for (const text of [
    '',
    '.',
    '..',
    `${token}.`,
    token.slice(0, -1),
    'A'.repeat(TOKEN_CHARS_MAX + 1),
  ])
    assert.equal(faultOf(text) === null, false)
})

test('a token says when the evidence was taken, by which policy, and names evidence and record', () => {
  const claims = claimsOf(issue(time + 3_600_000))
  const { result } = appraised
  assert.equal(claims.evidenceTime, new Date(time).toISOString())
  assert.equal(claims.iat, time / 1000 + 3600)
  assert.equal(claims.nbf, claims.iat)
  assert.deepEqual(
    [claims.policyId, claims.policySha256, claims.evidenceSha256, claims.recordSha256],
    [result.policy.id, result.policy.sha256, result.evidence?.sha256, hash],
  )
  assert.equal(claims.evidenceNonce, toHex(input.expectation.nonce))
  assert.deepEqual(claims.claims['secure-boot'], { value: true, verified: true })
})

test('the same inputs give the same header and claims, byte for byte', () => {
  const signed = (token: string) => token.slice(0, token.lastIndexOf('.'))
  assert.equal(signed(issue()), signed(issue()))
  assert.equal(claimsOf(issue()).nbf, claimsOf(issue()).iat)
})

test('a key and a nonce are bound when a fresh quote covers them', () => {
  const covered = appraiseEvidence(bound(binding))
  assert.deepEqual(covered.findings, [])
  const token = tokenOf(covered.result, hash, time, issuer, signTokensWith(key))
  const claims = claimsOf(token)
  assert.deepEqual(claims.cnf, { jwk: jwkOf(holder.publicKey) })
  assert.equal(claims.eat_nonce, binding.nonce)
  assert.equal(faultOf(token, { nonce: binding.nonce }), null)
  assert.equal(faultOf(token, { nonce: 'another-nonce' }), 'token-nonce')
  const { keys, 'client-payload': payload } = claims['x-ms-runtime']
  assert.deepEqual(keys, [jwkOf(holder.publicKey)])
  assert.equal(Buffer.from(payload.nonce, 'base64').toString(), binding.nonce)
})

test('a relying party can compute what was quoted from the token alone and the service nonce', () => {
  const covered = bound(binding)
  const { result } = appraiseEvidence(covered)
  const { cnf, eat_nonce, evidenceNonce } = claimsOf(
    tokenOf(result, hash, time, issuer, signTokensWith(key)),
  )
  const zero = Uint8Array.of(0)
  const parts = [toUtf8(formatCanonical(cnf.jwk)), zero, binding.serviceNonce, toUtf8(eat_nonce)]
  assert.equal(toHex(digest('sha256', ...parts)), evidenceNonce)
})

test('nothing is bound by a token that is issued long after the quote, or by one without a binding', () => {
  const { result } = appraiseEvidence(bound(binding))
  const at = (ms: number) => claimsOf(tokenOf(result, hash, ms, issuer, signTokensWith(key)))
  assert.ok('cnf' in at(time + 300_000) && 'eat_nonce' in at(time + 300_000))
  for (const claims of [at(time + 300_001), at(time - 1), claimsOf(issue())])
    for (const name of ['cnf', 'eat_nonce', 'x-ms-runtime']) assert.ok(!(name in claims), name)
})

test('nothing is bound when the quote does not hold', () => {
  const { nonce } = input.expectation
  const unbound = {
    ...input,
    expectation: { ...input.expectation, nonce: boundNonce(binding), binding },
  }
  const { result } = appraiseEvidence(unbound)
  assert.deepEqual([result.findings[0]?.id, result.binding], ['quote.nonce', null])
  assert.notDeepEqual(boundNonce(binding), nonce)
})

test('a question whose nonce is not made of what it is to cover is no question', () => {
  const other = { ...binding, nonce: 'another-nonce' }
  const refused = appraiseEvidence(bound(binding, boundNonce(other)))
  assert.deepEqual(idsOf(refused), ['question.binding'])
  assert.equal(refused.result.binding, null)
  assert.equal(refused.result.tier, 'contraindicated')
})

test('each part of a binding changes the nonce, and no part can be moved into another', () => {
  const nonces = [
    binding,
    { ...binding, jwk: null },
    { ...binding, nonce: null },
    { ...binding, nonce: `${binding.nonce}x` },
    { ...binding, serviceNonce: digest('sha256', toUtf8('other')) },
    { ...binding, jwk: formatCanonical(jwkOf(key.publicKey) as unknown as Json) },
  ].map((one) => toHex(boundNonce(one)))
  assert.equal(new Set(nonces).size, nonces.length)
})

test('a binding without anything, with a secret, in another form or too long is not quoted', () => {
  const { jwk } = binding
  const secret = formatCanonical({ ...JSON.parse(jwk!), d: 'AAAA' })
  for (const bad of [
    { ...binding, jwk: null, nonce: null },
    { ...binding, jwk: secret },
    { ...binding, jwk: ` ${jwk}` },
    { ...binding, jwk: '{}' },
    { ...binding, jwk: '{' },
    { ...binding, jwk: formatCanonical({ kid: 'a'.repeat(4096), ...JSON.parse(jwk!) }) },
    {
      ...binding,
      jwk: formatCanonical({
        kty: 'RSA',
        n: toBase64url(new Uint8Array(128).fill(255)),
        e: 'AQAB',
      }),
    },
    { ...binding, nonce: 'short' },
    { ...binding, nonce: 'with a space' },
    { ...binding, nonce: 'n'.repeat(89) },
    { ...binding, serviceNonce: new Uint8Array(31) },
  ])
    assert.throws(() => boundNonce(bad), RangeError)
})

test('a record with a binding and an audience gives its verdict and its token again', () => {
  const covered = bound(binding)
  const record = encodeRecord(covered, appraiseEvidence(covered), issuer, signTokensWith(key))
  const verified = verifyRecord(record, { key: key.publicKey, anchors: [anchor] })
  assert.ok(!('fault' in verified), JSON.stringify(verified))
  assert.equal(claimsOf(verified.token).eat_nonce, binding.nonce)
  assert.deepEqual(verified.input.expectation.binding, binding)
})
