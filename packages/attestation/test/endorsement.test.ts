import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, encode, toUtf8 } from '@trusted-launch/codec'
import { checkDecoder } from '@trusted-launch/codec/check'
import {
  basicConstraints,
  type Certificate,
  contextTag,
  DER,
  der,
  derOid,
  EXTENSION,
  type Extension,
  encodeName,
  extendedKeyUsage,
  extension,
  KEY_USAGE,
  keyUsage,
  PublicKey,
} from '@trusted-launch/crypto'
import { EK_RSA2048, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { verifyEndorsement } from '../src/index.ts'
import { akPublic, anchor, issue, time } from './attester.ts'

const dayMs = 86_400_000
const modulus = akPublic().unique as Uint8Array
const ekPublic = encode(TPMT_PUBLIC, { ...EK_RSA2048, unique: modulus } as TPMT_PUBLIC)
const maker = [
  { oid: '2.23.133.2.1', value: 'id:49424D00' },
  { oid: '2.23.133.2.2', value: 'swtpm' },
  { oid: '2.23.133.2.3', value: 'id:20191023' },
]

function names(attributes: typeof maker, critical = true): Extension {
  const directoryName = der(contextTag(4), encodeName(attributes))
  return extension(EXTENSION.subjectAltName, critical, der(DER.SEQUENCE, directoryName))
}

/** What an EK certificate has; each can be replaced or, by null, left out. */
const parts = {
  names: names(maker) as Extension | null,
  constraints: basicConstraints({ ca: false }) as Extension | null,
  usage: keyUsage(KEY_USAGE.keyEncipherment) as Extension | null,
  purpose: extendedKeyUsage('2.23.133.8.1') as Extension | null,
  more: null as Extension | null,
}

function certificateWith(
  changes: Partial<typeof parts> = {},
  subject: { oid: string; value: string }[] = [],
  n: Uint8Array = modulus,
): Certificate {
  const extensions = Object.values({ ...parts, ...changes }).filter((part) => part !== null)
  return issue({ subject, publicKey: PublicKey.fromRsa(n, 65537), extensions })
}

function verify(certificate: Uint8Array, changes: object = {}) {
  const question = { certificate, ekPublic, anchors: [anchor], intermediates: [], time }
  return verifyEndorsement({ ...question, ...changes })
}

/** The finding's id behind its common beginning; or that there is none. */
function faultOf(certificate: Uint8Array, changes: object = {}): string {
  const found = verify(certificate, changes)
  return 'id' in found ? found.id.replace('endorsement-key.certificate.', '') : 'none'
}

const good = certificateWith()

test('an EK certificate of the profile is believed, and tells of its TPM', () => {
  const found = verify(good.der)
  assert.ok('tpm' in found)
  assert.deepEqual(found.tpm, {
    manufacturer: 'id:49424D00',
    model: 'swtpm',
    version: 'id:20191023',
  })
  assert.deepEqual(
    found.chain.map(({ subject }) => subject),
    ['', 'CN=Test AK CA'],
  )
  assert.equal(faultOf(good.der, { ekPublic: null }), 'none')
  const named = certificateWith({ names: names(maker, false) }, [{ oid: '2.5.4.3', value: 'EK' }])
  assert.equal(faultOf(named.der), 'none')
})

const size = good.der.length + 2
const header = Uint8Array.of(0x10, 0x01, 0x00, size >> 8, size, 0x10, 0x02)

test('what stands before and behind a certificate in its NV index is taken off', () => {
  for (const filler of [0, 0xff]) {
    const padding = new Uint8Array(100).fill(filler)
    assert.equal(faultOf(concat(good.der, padding)), 'none')
    assert.equal(faultOf(concat(header, good.der)), 'none')
    assert.equal(faultOf(concat(header, good.der, padding)), 'none')
  }
})

test('anything else before or behind it is refused', () => {
  const longer = header.map((byte, i) => (i === 4 ? byte + 1 : byte))
  const shorter = header.map((byte, i) => (i === 4 ? byte - 1 : byte))
  const partial = header.map((byte, i) => (i === 6 ? 3 : byte))
  for (const bytes of [
    concat(good.der, Uint8Array.of(1)),
    concat(good.der, Uint8Array.of(0, 0xff)),
    concat(good.der, Uint8Array.of(0xff, 0)),
    concat(good.der, good.der),
    concat(header, good.der, Uint8Array.of(1)),
    concat(longer, good.der),
    concat(shorter, good.der),
    concat(partial, good.der),
    header,
    new Uint8Array(),
    new Uint8Array(1000),
  ])
    assert.equal(faultOf(bytes), 'malformed')
})

test('a certificate of another EK is refused', () => {
  const other = certificateWith({}, [], new Uint8Array(256).fill(0xff))
  assert.equal(faultOf(other.der), 'other-key')
})

const unknown = extension('1.2.3.4', true, der(DER.NULL))
const model = (value: string) => maker.map((each, i) => (i === 1 ? { ...each, value } : each))
const without = (i: number) => names(maker.filter((_, at) => at !== i))
const withValue = (i: number, value: string) =>
  names(maker.map((each, at) => (at === i ? { ...each, value } : each)))

const faults: Record<string, [fault: string, changes: Partial<typeof parts>]> = {
  'without alternative names': ['profile', { names: null }],
  "without the maker's name": ['profile', { names: without(0) }],
  'without a model': ['profile', { names: without(1) }],
  'without a version': ['profile', { names: without(2) }],
  'with two models': ['profile', { names: names([...maker, ...model('other').slice(1, 2)]) }],
  'of a maker that is not in the registry': ['profile', { names: withValue(0, 'IBM') }],
  'of a version in words': ['profile', { names: withValue(2, 'newest') }],
  'without a subject and with names that are not critical': [
    'profile',
    { names: names(maker, false) },
  ],
  'of an authority': ['profile', { constraints: basicConstraints({ ca: true }) }],
  'without a purpose': ['profile', { purpose: null }],
  'for an AK': ['profile', { purpose: extendedKeyUsage('2.23.133.8.3') }],
  'without key usage': ['profile', { usage: null }],
  'for a key that agrees upon others': ['profile', { usage: keyUsage(KEY_USAGE.keyAgreement) }],
  'for a key that also signs': [
    'profile',
    { usage: keyUsage(KEY_USAGE.keyEncipherment, KEY_USAGE.digitalSignature) },
  ],
  'with a critical extension nobody knows': ['untrusted', { more: unknown }],
  'with name constraints': [
    'untrusted',
    { more: extension(EXTENSION.nameConstraints, true, der(DER.SEQUENCE)) },
  ],
}

for (const [title, [fault, changes]] of Object.entries(faults))
  test(`an EK certificate ${title} is refused`, () => {
    assert.equal(faultOf(certificateWith(changes).der), fault)
  })

test('an EK certificate is refused out of its dates, without its anchor, as its own anchor, and when weak', () => {
  assert.equal(faultOf(good.der, { time: time + 2 * dayMs }), 'untrusted')
  assert.equal(faultOf(good.der, { time: time - 2 * dayMs }), 'untrusted')
  assert.equal(faultOf(good.der, { anchors: [] }), 'untrusted')
  assert.equal(faultOf(good.der, { anchors: [good] }), 'untrusted')
  const weak = certificateWith({}, [], new Uint8Array(128).fill(0xff))
  assert.equal(faultOf(weak.der, { ekPublic: null }), 'untrusted')
})

test('an EK certificate cut short or changed is refused, and nothing else happens', () => {
  const refusal = (bytes: Uint8Array) => {
    const found = verify(bytes)
    if ('id' in found) throw new Refused(found.id)
  }
  const held = { certificate: good.der, 'with its header': concat(header, good.der) }
  checkDecoder(refusal, held, { errors: [Refused], tries: 300 })
})

class Refused extends Error {}

test('alternative names of a wrong form are refused', () => {
  for (const value of [
    der(contextTag(4), toUtf8('x')),
    der(contextTag(4), encodeName(maker), encodeName(maker)),
    der(contextTag(4), der(DER.SEQUENCE, der(DER.SET, der(DER.SEQUENCE, derOid('1.2.3'))))),
  ]) {
    const odd = extension(EXTENSION.subjectAltName, true, der(DER.SEQUENCE, value))
    assert.equal(faultOf(certificateWith({ names: odd }).der), 'malformed')
  }
})
