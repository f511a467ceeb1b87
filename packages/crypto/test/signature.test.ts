import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { concat, fromHex, toUtf8 } from '@trusted-launch/codec'
import {
  CryptoError,
  DER,
  der,
  derUnsigned,
  ecdsaSignature,
  open,
  PublicKey,
  rawEcdsaSignature,
  type SignatureScheme,
  SigningKey,
  seal,
  verifySignature,
} from '@trusted-launch/crypto'

const keyOf = (object: KeyObject) =>
  SigningKey.fromPkcs8(Uint8Array.from(object.export({ format: 'der', type: 'pkcs8' })))
const rsa = keyOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)
const p256 = keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const p384 = keyOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
const message = toUtf8('message')

const cases: [string, SigningKey, SignatureScheme][] = [
  ['RSASSA', rsa, { scheme: 'rsassa', hash: 'sha256' }],
  ['RSAPSS', rsa, { scheme: 'rsapss', hash: 'sha384' }],
  ['ECDSA on P-256', p256, { scheme: 'ecdsa', hash: 'sha256' }],
  ['ECDSA on P-384', p384, { scheme: 'ecdsa', hash: 'sha512' }],
]

for (const [title, key, scheme] of cases)
  test(`${title} holds over its message by its key, its scheme and its hash only`, () => {
    const signature = key.sign(scheme, message)
    const { publicKey } = key
    assert.ok(verifySignature(publicKey, scheme, message, signature))
    assert.ok(!verifySignature(publicKey, scheme, toUtf8('massage'), signature))
    for (const other of [rsa, p256, p384])
      if (other !== key) assert.ok(!verifySignature(other.publicKey, scheme, message, signature))
    const hash = scheme.hash === 'sha512' ? 'sha256' : 'sha512'
    assert.ok(!verifySignature(publicKey, { ...scheme, hash }, message, signature))
    for (let at = 0; at < signature.length; at++) {
      const changed = signature.slice()
      changed[at]! ^= 0x40
      assert.ok(!verifySignature(publicKey, scheme, message, changed), `byte ${at}`)
    }
    assert.ok(!verifySignature(publicKey, scheme, message, new Uint8Array()))
  })

test('an ECDSA signature has one encoding, and its two numbers in any form of a TPM', () => {
  const scheme = { scheme: 'ecdsa', hash: 'sha256' } as const
  const signature = p256.sign(scheme, message)
  const raw = rawEcdsaSignature(signature, 32)
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)]
  assert.ok(verifySignature(p256.publicKey, scheme, message, { r, s }))
  assert.deepEqual(ecdsaSignature({ r, s }), signature)
  const none = new Uint8Array()
  const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
  const longer = concat(new Uint8Array(1), r)
  for (const wrong of [none, new Uint8Array(32), order, new Uint8Array(32).fill(0xff), longer]) {
    assert.ok(!verifySignature(p256.publicKey, scheme, message, { r: wrong, s }))
    assert.ok(!verifySignature(p256.publicKey, scheme, message, { r, s: wrong }))
  }
  const padded = der(DER.SEQUENCE, der(DER.INTEGER, concat(new Uint8Array(2), r)), derUnsigned(s))
  const negative = der(DER.SEQUENCE, der(DER.INTEGER, Uint8Array.of(0xff)), derUnsigned(s))
  for (const wrong of [padded, negative])
    assert.ok(!verifySignature(p256.publicKey, scheme, message, wrong))
  const trailing = concat(signature, Uint8Array.of(0))
  assert.ok(!verifySignature(p256.publicKey, scheme, message, trailing))
})

test('a public key by its numbers is the one by its SPKI', () => {
  for (const { publicKey } of [rsa, p256, p384])
    assert.ok(PublicKey.fromSpki(publicKey.spki).equals(publicKey))
})

test('a point off its curve is no key that anything verifies under', () => {
  const key = PublicKey.fromEc('P-256', Uint8Array.of(1), Uint8Array.of(1))
  const scheme = { scheme: 'ecdsa', hash: 'sha256' } as const
  assert.ok(!verifySignature(key, scheme, message, p256.sign(scheme, message)))
})

test('keys of no use are refused', () => {
  const refused = (make: () => unknown) =>
    assert.throws(make, (e) => e instanceof CryptoError && e.code === 'KEY_UNSUPPORTED')
  refused(() => PublicKey.fromRsa(new Uint8Array(8).fill(255), 3))
  refused(() => PublicKey.fromRsa(new Uint8Array(256).fill(254), 65537))
  refused(() => PublicKey.fromRsa(new Uint8Array(256).fill(255), 1))
  refused(() => PublicKey.fromRsa(new Uint8Array(2000).fill(255), 3))
  refused(() => PublicKey.fromEc('P-256', new Uint8Array(33).fill(1), new Uint8Array(32)))
  refused(() => SigningKey.fromPkcs8(new Uint8Array(10)))
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })
  refused(() => PublicKey.fromSpki(Uint8Array.from(ed25519)))
})

// NIST's GCM test case 16 has additional data and a 96-bit nonce under a 256-bit key.
const box = {
  key: fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
  nonce: fromHex('cafebabefacedbaddecaf888'),
  associatedData: fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
}
const plaintext = fromHex(
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
)

test("AES-256-GCM is NIST's test case 16", () => {
  const sealed = seal(box, plaintext)
  assert.deepEqual(
    sealed,
    fromHex(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
    ),
  )
  assert.deepEqual(open(box, sealed), plaintext)
})

test('a box opens with its key, nonce and associated data only, and only whole', () => {
  const sealed = seal(box, plaintext)
  const refused = (parameters: typeof box, bytes: Uint8Array) =>
    assert.throws(
      () => open(parameters, bytes),
      (e) => e instanceof CryptoError && e.code === 'AEAD_REFUSED',
    )
  refused({ ...box, key: new Uint8Array(32) }, sealed)
  refused({ ...box, nonce: new Uint8Array(12) }, sealed)
  refused({ ...box, associatedData: new Uint8Array() }, sealed)
  for (const size of [0, 15, 16, sealed.length - 1]) refused(box, sealed.subarray(0, size))
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice()
    changed[at]! ^= 1
    refused(box, changed)
  }
  assert.throws(() => seal({ ...box, key: new Uint8Array(16) }, plaintext), RangeError)
  assert.throws(() => seal({ ...box, nonce: new Uint8Array(16) }, plaintext), RangeError)
})
