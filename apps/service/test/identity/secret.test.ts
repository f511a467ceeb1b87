import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashSecret, isSecret, newSecret } from '../../src/identity/secret.ts'

test('a hash is of one secret, salted, and tells nothing of it', async () => {
  const secret = newSecret()
  const [one, other] = await Promise.all([hashSecret(secret), hashSecret(secret)])
  assert.notEqual(one, other)
  assert.ok(!one.includes(secret))
  assert.equal(await isSecret(secret, one), true)
  assert.equal(await isSecret(`${secret}x`, one), false)
  assert.equal(await isSecret('', one), false)
})

test('nobody has the empty secret, a secret without a hash, or one by a hash of another form', async () => {
  assert.equal(await isSecret('', null), false)
  assert.equal(await isSecret('secret', 'secret'), false)
  assert.equal(await isSecret('x', `scrypt$1$8$5$${'A'.repeat(22)}$${'A'.repeat(43)}`), false)
  assert.equal(await isSecret('x'.repeat(1_025), await hashSecret('x'.repeat(1_025))), false)
})

test('a secret has 256 bits, and characters that need no quoting', () => {
  const secrets = Array.from({ length: 100 }, newSecret)
  assert.equal(new Set(secrets).size, 100)
  for (const secret of secrets) assert.match(secret, /^[\w-]{43}$/)
})
