import assert from 'node:assert/strict'
import test from 'node:test'
import {
  type AttestationResult,
  appraiseEvidence,
  jwksOf,
  signTokensWith,
  tokenOf,
} from '@trusted-launch/attestation'
import { newAuthority, newKey, pemOf, recordedInput } from './a-record.ts'
import { asText, fileOf, golden, tl, tlOf } from './a-run.ts'

const signer = newKey()
const issuer = {
  issuer: 'https://attest.example',
  audience: 'https://relying.example',
  lifetimeSeconds: 600,
  key: signer.publicKey,
}
const { result } = appraiseEvidence(recordedInput(newAuthority('an authority')))
const key = fileOf('issuer.pem', pemOf('PUBLIC KEY', signer.publicKey.spki))
const jwks = fileOf('jwks.json', jwksOf([newKey().publicKey, signer.publicKey]))
const tokenFor = (told: AttestationResult = result, at = Date.now(), by = signer) =>
  tokenOf(told, 'ab'.repeat(32), at, { ...issuer, key: by.publicKey }, signTokensWith(by))
const verify = (token: string, ...args: string[]) =>
  tl('token', 'verify', token, '--audience', issuer.audience, ...args)

test('a token is verified by a key or a JWKS, given as itself or in a file', async () => {
  const token = tokenFor()
  for (const given of [token, fileOf('token.jwt', token), fileOf('token.jwt', `${token}\n`)])
    for (const by of [
      ['--key', key],
      ['--jwks', jwks],
    ]) {
      const { code, err } = await verify(given, ...by)
      assert.deepEqual([code, err], [4, ''])
    }
})

test('the exit code is that of the tier', async () => {
  const codes = { affirming: 0, none: 1, contraindicated: 3, warning: 4 }
  for (const [tier, code] of Object.entries(codes)) {
    const token = tokenFor({ ...result, tier: tier as never, findings: [] })
    const ran = await verify(token, '--key', key)
    assert.equal(ran.code, code, tier)
    assert.match(ran.out, new RegExp(`\\n${tier}\\n$`))
  }
})

test('what a token says is printed in words', async (t) => {
  const at = Date.UTC(2026, 10, 28)
  t.mock.timers.enable({ apis: ['Date'], now: at })
  const { out } = await verify(tokenFor(result, at), '--key', key)
  // more claims come: one of them stands for all
  const claims = /^[a-zA-Z-]+ .*(not )?verified\n/gm
  assert.match(out, /^secure-boot +true +verified$/m)
  // nor is the policy's hash what is tested here: it changes with the policy
  const shown = out.replaceAll(claims, '').replace(/^(policy \S+) [0-9a-f]{64}$/m, '$1 …')
  t.assert.fileSnapshot(shown, golden('token'), asText)
  const narrow = await tlOf(
    { width: 80 },
    'token',
    'verify',
    tokenFor(result, at),
    '--key',
    key,
    '--audience',
    issuer.audience,
  )
  assert.equal(narrow.code, 4)
})

test('a token that cannot be believed is refused with the reason, and as a document too', async () => {
  const token = tokenFor()
  const late = tokenFor(result, Date.now() - 3_600_000)
  for (const [given, args, fault] of [
    [token, ['--issuer', 'https://other.example'], 'token-issuer'],
    [token, ['--nonce', 'nonce-of-mine'], 'token-nonce'],
    [late, [], 'token-expired'],
    [tokenFor(result, Date.now(), newKey()), [], 'token-key-unknown'],
    [`${token.slice(0, -4)}AAAA`, [], 'token-signature'],
  ] as const) {
    const { code, out, err } = await verify(given, '--key', key, ...args, '--json')
    assert.equal(code, 1, fault)
    assert.match(err, new RegExp(`^tl: refused: .*\\(${fault}\\)\\n$`))
    const document = JSON.parse(out)
    assert.deepEqual([document.verified, document.fault, document.tier], [false, fault, 'none'])
  }
  const unnamed = await tl('token', 'verify', token, '--key', key)
  assert.match(unnamed.err, /it is for https:\/\/relying\.example: no audience was named/)
})

test('a token that is not there is told before a key is asked for', async () => {
  const { code, err } = await tl('token', 'verify', '/nowhere.jwt')
  assert.deepEqual([code, err], [1, 'tl: cannot read /nowhere.jwt: there is no such file\n'])
})

test('with --json the claims come as they are in the token', async () => {
  const token = tokenFor()
  const { out } = await verify(token, '--jwks', jwks, '--issuer', issuer.issuer, '--json')
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  const told = { verified: true, fault: null, reason: null, tier: 'warning', claims }
  assert.deepEqual(JSON.parse(out), told)
})

test('what is no token, no key and no use of it ends in a document, malformed or not', async () => {
  const broken = await verify(fileOf('token.jwt', 'no token'), '--key', key, '--json')
  assert.equal(broken.code, 5)
  assert.equal(JSON.parse(broken.out).fault, 'token-malformed')
  const noKeys = await verify(tokenFor(), '--jwks', fileOf('jwks.json', '{}'), '--json')
  assert.equal(noKeys.code, 5)
  assert.equal(JSON.parse(noKeys.out).verified, false)
  const missing = await verify('no-such-file', '--key', key, '--json')
  assert.deepEqual([missing.code, JSON.parse(missing.out).verified], [1, false])
  const both = await verify(tokenFor(), '--key', key, '--jwks', jwks, '--json')
  assert.deepEqual([both.code, JSON.parse(both.out).verified], [2, false])
})

test('nothing in a token reaches the terminal as anything but text', async () => {
  const vm = 'vm\u001b[31m'
  const { out } = await verify(tokenFor({ ...result, vm }), '--key', key)
  assert.match(out, /vm\\u001b\[31m/)
})
