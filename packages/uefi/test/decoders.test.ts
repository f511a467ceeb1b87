import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concat, encode, fromLatin1, fromUtf8, toLatin1, toUtf8 } from '@trusted-launch/codec'
import { checkCodecsAt, checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import * as door from '../src/index.ts'
import { makeImage } from './an-image.ts'
import { blankStore } from './blank-store.ts'

const { GUIDS, VARIABLES } = door
const errors = { errors: [door.UefiError] }
const json = readFileSync(new URL('../templates/microsoft-uefi-ca.json', import.meta.url), 'utf8')
const template = door.parseSecureBootTemplate(JSON.parse(json))
const der = template.db[0]!.value[0]!
const small = door.templateOfCertificates(GUIDS.SHIM_LOCK_GUID, { PK: der, KEK: [der], db: [der] })
const lists = encode(door.SignatureDatabase, door.databaseOf([template.PK]))
const store = door.encodeVariableStore(blankStore(), door.variablesOfTemplate(small, true))
const certificate = Uint8Array.of(16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8)
const image = makeImage([{ name: '.text', bytes: new Uint8Array(64) }], certificate)

const authentication = concat(
  new Uint8Array(16),
  Uint8Array.of(26, 0, 0, 0, 0, 2, 0xf1, 0x0e),
  door.parseGuid(GUIDS.EFI_CERT_TYPE_PKCS7_GUID),
  Uint8Array.of(0x30, 0),
)
const record = {
  state: door.VAR_STATE.ADDED,
  attributes: 7,
  monotonicCount: 0n,
  timeStamp: door.EFI_TIME_ZERO,
  pubKeyIndex: 0,
  vendorGuid: VARIABLES.BootOrder.guid,
  name: 'BootOrder',
  data: Uint8Array.of(1, 0),
}

test('every structure at the door reads and writes the same bytes and refuses all others', () => {
  checkCodecsAt(door, {
    AUTHENTICATED_VARIABLE: encode(door.AUTHENTICATED_VARIABLE, record),
    EFI_VARIABLE_AUTHENTICATION_2: authentication,
    AuthenticatedWrite: concat(authentication, lists),
    DevicePath: Uint8Array.of(1, 1, 6, 0, 0, 2, 0x7f, 0xff, 4, 0),
    EFI_SIGNATURE_LIST: lists,
    SignatureDatabase: lists,
  })
})

/** What reads one section of an image, tried on that section alone. */
const ofSection = (name: string, read: (image: door.PeImage) => unknown) => (rawData: Uint8Array) =>
  read({ sections: [{ name, rawData, data: rawData }] } as unknown as door.PeImage)

const vendorHeader = Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 20, 0, 0, 0)
const level = concat(
  Uint8Array.of(0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0, 0),
  fromLatin1('sbat,1\n\0sbat,2\n\0'),
)
/** Lines: a beginning of them is lines too. */
const lines = fromLatin1('sbat,1,SBAT Version\ngrub,4,FSF\n')
const anywhere = { isWhole: () => true }

const tried: Record<string, () => void> = {
  decodePe: () => {
    const judged = (bytes: Uint8Array) => {
      const read = door.decodePe(bytes)
      door.authenticodeDigest(read, 'sha256')
      door.authenticodeSignatures(read)
      door.shimVendor(read)
      return door.verifyImage(read, { db: door.databaseOf(template.db), dbx: [] })
    }
    checkDecoder(judged, { signed: image })
  },
  decodeSignatureDatabase: () =>
    checkDecoder(door.decodeSignatureDatabase, { 'one list': lists }, { isWhole: (n) => n === 0 }),
  decodeVariableStore: () =>
    checkDecoder(door.decodeVariableStore, { 'own keys': store }, { tries: 100 }),
  readEdk2Store: () => checkDecoder(door.readEdk2Store, { 'own keys': store }, { tries: 100 }),
  parseGuid: () =>
    checkDecoder((bytes) => door.parseGuid(toLatin1(bytes)), {
      db: fromLatin1(VARIABLES.db.guid),
    }),
  parseSbat: () => checkDecoder(door.parseSbat, { lines }, anywhere),
  parseSecureBootTemplate: () => {
    const parse = (bytes: Uint8Array) => door.parseSecureBootTemplate(JSON.parse(fromUtf8(bytes)))
    const text = JSON.stringify(door.formatSecureBootTemplate(small))
    checkDecoder(parse, { 'own keys': toUtf8(text) }, { errors: [door.UefiError, SyntaxError] })
  },
}

for (const [name, run] of Object.entries(tried))
  test(`${name} refuses what is cut short, and raises only its own errors`, run)

test('so do the readers of sections and of PEM', () => {
  const vendor = ofSection(
    '.vendor_cert',
    (given) => door.vendorDatabase(door.shimVendor(given)!).length,
  )
  checkDecoder(vendor, { 'no list': concat(vendorHeader, Uint8Array.of(0x30, 0x82, 0, 0)) })
  checkDecoder(ofSection('.sbatlevel', door.shimSbatLevel), { level }, anywhere)
  checkDecoder(ofSection('.sbat', door.sbatOf), { lines }, anywhere)
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----`
  checkDecoder((bytes) => door.certificatesOfPem(toLatin1(bytes)), { pem: toUtf8(pem) }, errors)
})

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), Object.keys(tried).sort())
})
