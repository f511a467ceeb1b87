import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { AttestingHost } from '../../service/test/an-attesting-host.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

test('a token is printed for an audience, bound to a nonce and a key by a fresh quote, and tl verifies it', async (t) => {
  await signedIn(t, new AttestingHost())
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const audience = ['--audience', 'https://relying.example']
  const { out } = await good('vm', 'token', 'web', ...audience)
  assert.match(out, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = fileOf('key.jwk', JSON.stringify(publicKey.export({ format: 'jwk' })))
  const bound = [...audience, '--nonce', 'their-nonce', '--key', key]
  const { token, expiresOn } = await json('vm', 'token', 'web', ...bound)
  assert.ok(Date.parse(expiresOn) > Date.now())
  const { claims } = JSON.parse(
    (await good('token', 'verify', token, ...audience, '--nonce', 'their-nonce', '--json')).out,
  )
  assert.equal(claims.cnf.jwk.x, publicKey.export({ format: 'jwk' }).x)
  const other = await tl('token', 'verify', out.trim(), ...audience, '--nonce', 'their-nonce')
  assert.equal(other.code, 1)
})

test('a token is for somebody, and its key is a JWK', async (t) => {
  await signedIn(t, new AttestingHost())
  assert.equal((await tl('vm', 'token', 'web')).code, 2)
  const bad = fileOf('key.pem', '-----BEGIN PUBLIC KEY-----')
  const refused = await tl('vm', 'token', 'web', '--audience', 'x', '--key', bad)
  assert.equal(refused.code, 5)
  assert.match(refused.err, /not a JSON Web Key/)
})
