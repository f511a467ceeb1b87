import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromHex, MalformedError, toHex } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  type CertificateFields,
  type ChainOptions,
  CryptoError,
  EXTENSION,
  type Extension,
  extendedKeyUsage,
  extension,
  issueCertificate,
  KEY_USAGE,
  keyUsage,
  PublicKey,
  SigningKey,
  verifyChain,
} from '@trusted-launch/crypto'

const read = (name: string) =>
  Uint8Array.from(readFileSync(join(import.meta.dirname, '../testdata', name)))
const [root, mid, leaf] = ['root.der', 'mid.der', 'leaf.der'].map((n) =>
  Certificate.decode(read(n)),
)
const now = root!.notBefore + 86_400_000

test('fields are the ones another reader sees', () => {
  for (const certificate of [root!, mid!, leaf!]) {
    const other = new X509Certificate(certificate.der)
    assert.equal(certificate.serial.replace(/^00/, '').toUpperCase(), other.serialNumber)
    assert.equal(certificate.notBefore, Date.parse(other.validFrom))
    assert.equal(certificate.notAfter, Date.parse(other.validTo))
    assert.equal(
      toHex(certificate.fingerprint).toUpperCase(),
      other.fingerprint256.replaceAll(':', ''),
    )
    assert.equal(certificate.subject, other.subject.split('\n').join(', '))
    assert.equal(certificate.basicConstraints?.ca ?? false, other.ca)
    const spki = other.publicKey.export({ format: 'der', type: 'spki' })
    assert.equal(toHex(certificate.publicKey.spki), toHex(spki))
  }
  assert.deepEqual(leaf!.extendedKeyUsage, ['1.3.6.1.5.5.7.3.3'])
  assert.deepEqual(leaf!.keyUsage, [KEY_USAGE.digitalSignature])
  assert.equal(root!.basicConstraints?.pathLength, 1)
})

test('a chain that OpenSSL issued (PSS, ECDSA on P-384) leads to its root', () => {
  const options = { intermediates: [mid!], anchors: [root!], time: now }
  const found = verifyChain(leaf!, { ...options, eku: '1.3.6.1.5.5.7.3.3' })
  assert.ok('chain' in found)
  assert.deepEqual(found.chain, [leaf, mid, root])
  assert.ok(leaf!.issuedBy(mid!) && !leaf!.issuedBy(root!))
})

test('an intermediate may be the anchor, and so may the leaf', () => {
  for (const anchor of [mid!, leaf!])
    assert.ok('chain' in verifyChain(leaf!, { anchors: [anchor], time: null }))
})

test('every truncation, and every changed byte, of a certificate is refused', () => {
  const { der } = leaf!
  for (let size = 0; size < der.length; size++)
    assert.throws(() => Certificate.decode(der.subarray(0, size)), MalformedError)
  assert.throws(() => Certificate.decode(Uint8Array.of(...der, 0)), MalformedError)
  for (let at = 0; at < der.length; at++) {
    const changed = der.slice()
    changed[at]! ^= 1 + (at % 255)
    let certificate: Certificate
    try {
      certificate = Certificate.decode(changed)
    } catch (e) {
      assert.ok(e instanceof MalformedError || e instanceof CryptoError, String(e))
      continue
    }
    const found = verifyChain(certificate, { intermediates: [mid!], anchors: [root!], time: now })
    assert.ok('fault' in found, `byte ${at}`)
  }
})

function signingKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return SigningKey.fromPkcs8(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

const caKey = signingKey()
const midKey = signingKey()
const leafKey = signingKey()
const cn = (value: string) => [{ oid: '2.5.4.3', value }]
const usage = '2.23.133.8.3'

function issue(fields: Partial<CertificateFields>, key = caKey): Certificate {
  const whole = {
    serial: Uint8Array.of(1),
    issuer: cn('ca'),
    subject: cn('ca'),
    notBefore: now - 1000,
    notAfter: now + 1000,
    publicKey: caKey.publicKey,
    extensions: [basicConstraints({ ca: true }), keyUsage(KEY_USAGE.keyCertSign)],
    ...fields,
  }
  return Certificate.decode(issueCertificate(whole, key, { scheme: 'ecdsa', hash: 'sha256' }))
}

const ca = issue({})
const end = (
  extensions: readonly Extension[],
  more: Partial<CertificateFields> = {},
  key = caKey,
) => issue({ subject: cn('leaf'), publicKey: leafKey.publicKey, extensions, ...more }, key)
const good = end([extendedKeyUsage(usage)])
const options = { anchors: [ca], time: now, eku: usage }
const faultOf = (certificate: Certificate, given: Partial<ChainOptions> = {}) => {
  const found = verifyChain(certificate, { ...options, ...given })
  return 'fault' in found ? found.fault : null
}

test('a certificate is believed only within its dates, unless dates do not matter', () => {
  assert.equal(faultOf(good), null)
  assert.equal(faultOf(good, { time: now - 2000 }), 'not-yet-valid')
  assert.equal(faultOf(good, { time: now + 2000 }), 'expired')
  assert.ok('chain' in verifyChain(good, { ...options, time: null }))
})

test('a certificate for another use is refused, and so is one under a CA for another use', () => {
  assert.equal(faultOf(end([])), 'wrong-extended-key-usage')
  assert.equal(faultOf(end([extendedKeyUsage('1.3.6.1.5.5.7.3.1')])), 'wrong-extended-key-usage')
  const narrow = issue({ extensions: [basicConstraints({ ca: true }), extendedKeyUsage('1.2.3')] })
  assert.equal(faultOf(good, { anchors: [narrow] }), 'wrong-extended-key-usage')
})

test('only a certificate authority issues, within its path length, if it may sign certificates', () => {
  const plain = issue({ extensions: [] })
  assert.equal(faultOf(good, { anchors: [plain] }), 'not-a-certificate-authority')
  const noSign = issue({ extensions: [basicConstraints({ ca: true }), keyUsage(0)] })
  assert.equal(faultOf(good, { anchors: [noSign] }), 'wrong-key-usage')
  const short = issue({ extensions: [basicConstraints({ ca: true, pathLength: 0 })] })
  const between = issue({ subject: cn('mid'), publicKey: midKey.publicKey })
  const below = end([extendedKeyUsage(usage)], { issuer: cn('mid') }, midKey)
  assert.equal(faultOf(below, { intermediates: [between] }), null)
  assert.equal(faultOf(below, { intermediates: [between], anchors: [short] }), 'path-too-long')
})

test('a critical extension that is not understood is refused, and so are name constraints', () => {
  const odd = extension('1.2.3.4', true, Uint8Array.of(5, 0))
  assert.equal(faultOf(end([extendedKeyUsage(usage), odd])), 'unknown-critical-extension')
  const known = { ...options, understood: ['1.2.3.4'] }
  assert.ok('chain' in verifyChain(end([extendedKeyUsage(usage), odd]), known))
  assert.equal(faultOf(end([extendedKeyUsage(usage), { ...odd, critical: false }])), null)
  const names = extension(EXTENSION.nameConstraints, true, Uint8Array.of(0x30, 0))
  const limited = issue({ extensions: [basicConstraints({ ca: true }), names] })
  assert.equal(faultOf(good, { anchors: [limited] }), 'name-constraints')
})

test('a foreign issuer is unknown, and one of the same name did not sign', () => {
  assert.equal(faultOf(good, { anchors: [root!] }), 'unknown-issuer')
  const impostor = issue({ publicKey: midKey.publicKey }, midKey)
  assert.equal(faultOf(good, { anchors: [impostor] }), 'bad-signature')
})

test('intermediates that issue one another in a circle end', () => {
  const a = issue({ subject: cn('a'), issuer: cn('b') })
  const b = issue({ subject: cn('b'), issuer: cn('a') })
  assert.equal(
    faultOf(end([extendedKeyUsage(usage)], { issuer: cn('a') }), { intermediates: [a, b] }),
    'unknown-issuer',
  )
})

test('an extension twice, and an outer algorithm that is not the one signed, are malformed', () => {
  const twice = extension('1.2.3', false, Uint8Array.of(5, 0))
  assert.throws(() => end([twice, twice]), /twice/)
  const { der } = good
  const changed = der.slice()
  const at = toHex(der).lastIndexOf('2a8648ce3d040302') / 2
  changed[at + 7] = 3
  assert.throws(() => Certificate.decode(changed), /differs/)
})

test('a chain of more than eight certificates is refused, one of eight is not', () => {
  const authorities = Array.from({ length: 9 }, () => signingKey())
  const made = authorities.map((key, i) =>
    issue(
      { subject: cn(`ca ${i}`), issuer: cn(`ca ${i + 1}`), publicKey: key.publicKey },
      authorities[i + 1] ?? key,
    ),
  )
  const last = issue(
    {
      subject: cn('leaf'),
      issuer: cn('ca 0'),
      publicKey: leafKey.publicKey,
      extensions: [extendedKeyUsage(usage)],
    },
    authorities[0],
  )
  assert.equal(faultOf(last, { anchors: [made[6]!], intermediates: made.slice(0, 6) }), null)
  assert.equal(
    faultOf(last, { anchors: [made[7]!], intermediates: made.slice(0, 7) }),
    'path-too-long',
  )
})

test('issuers that go round in circles are given up after some work', () => {
  const others = Array.from({ length: 12 }, (_, i) =>
    issue({ serial: Uint8Array.of(i + 2), subject: cn('ca'), issuer: cn('ca') }),
  )
  assert.equal(faultOf(good, { anchors: [], intermediates: others }), 'too-much-work')
})

test('where strength is asked for, a weak key and a SHA-1 signature are refused on the whole path', () => {
  const small = PublicKey.fromRsa(new Uint8Array(128).fill(0xff), 65537)
  const weak = end([extendedKeyUsage(usage)], { publicKey: small })
  assert.equal(faultOf(weak), null)
  assert.equal(faultOf(weak, { strong: true }), 'weak-key')
  const weakAnchor = issue({ publicKey: small })
  const isSignedBy = () => true
  assert.equal(faultOf(good, { anchors: [weakAnchor], isSignedBy, strong: true }), 'weak-key')
  // sha256WithRSAEncryption relabelled sha1WithRSAEncryption, inside and outside.
  const pkcs8 = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const key = SigningKey.fromPkcs8(Uint8Array.from(pkcs8.export({ format: 'der', type: 'pkcs8' })))
  const fields = { issuer: cn('ca'), subject: cn('leaf'), notBefore: now, notAfter: now + 1000 }
  const whole = { ...fields, serial: Uint8Array.of(1), publicKey: leafKey.publicKey }
  const extensions = [extendedKeyUsage(usage)]
  const der = issueCertificate({ ...whole, extensions }, key, { scheme: 'rsassa', hash: 'sha256' })
  const old = toHex(der).replaceAll('2a864886f70d01010b', '2a864886f70d010105')
  const sha1 = Certificate.decode(fromHex(old))
  const given = { isSignedBy }
  assert.equal(faultOf(sha1, given), null)
  assert.equal(faultOf(sha1, { ...given, strong: true }), 'weak-signature')
})
