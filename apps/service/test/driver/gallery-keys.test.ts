import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { findFirmware, makeVariableStore, ownSecureBootTemplate } from '@trusted-launch/host'
import {
  decodeVariableStore,
  entriesOf,
  secureBootState,
  signatureDatabaseOf,
  VARIABLES,
  type VariableStore,
} from '@trusted-launch/uefi'
import { keysFor } from '../../src/catalogue/secure-boot-templates.ts'
import { keysOfVersion } from '../../src/domain/gallery/uefi-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-keys-'))
const own = ownSecureBootTemplate(folder)
const [PK, KEK, db] = [own.PK, own.KEK[0]!, own.db[0]!].map(({ value }) => value[0]!) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
rmSync(folder, { recursive: true })
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const x509 = (...der: Uint8Array[]) => ({ type: 'x509', value: der.map(base64) })
const digests = (count: number, hex = false) => ({
  type: 'sha256',
  value: Array.from({ length: count }, (_, i) => {
    const one = digest('sha256', Uint8Array.of(i, i >> 8))
    return hex ? toHex(one) : base64(one)
  }),
})

/** A real firmware's store of a VM that begins with a version's keys. */
async function storeOf(uefiSettings: any): Promise<VariableStore> {
  const keys = keysOfVersion({ securityProfile: { uefiSettings } }, 'Linux')
  const file = await makeVariableStore(findFirmware(), keys, true)
  const store = decodeVariableStore(file)
  assert.deepEqual(secureBootState(store), { enforced: true })
  return store
}

const valuesIn = (store: VariableStore, variable: 'PK' | 'KEK' | 'db' | 'dbx') =>
  entriesOf(signatureDatabaseOf(store, VARIABLES[variable])).map(({ signatureData }) =>
    toHex(signatureData),
  )
const ofMicrosoft = (list: 'KEK' | 'db' | 'dbx', osType: 'Linux' | 'Windows' = 'Linux') =>
  keysFor(osType)[list].flatMap(({ value }) => value.map(toHex))

test('without a template a store has the keys that were given, and no others', async () => {
  const additionalSignatures = { pk: x509(PK), kek: [x509(KEK)], db: [x509(db)] }
  const store = await storeOf({
    signatureTemplateNames: ['NoSignatureTemplate'],
    additionalSignatures,
  })
  assert.deepEqual(valuesIn(store, 'PK'), [toHex(PK)])
  assert.deepEqual(valuesIn(store, 'KEK'), [toHex(KEK)])
  assert.deepEqual(valuesIn(store, 'db'), [toHex(db)])
  assert.deepEqual(valuesIn(store, 'dbx'), [])
})

test('additional keys come after those of a template, and a platform key in place of its own', async () => {
  const dbx = [digests(2), digests(1, true)]
  const additionalSignatures = { pk: x509(PK), db: [x509(db)], dbx }
  const signatureTemplateNames = ['MicrosoftUefiCertificateAuthorityTemplate']
  const store = await storeOf({ signatureTemplateNames, additionalSignatures })
  assert.deepEqual(valuesIn(store, 'PK'), [toHex(PK)])
  assert.deepEqual(valuesIn(store, 'KEK'), ofMicrosoft('KEK'))
  assert.deepEqual(valuesIn(store, 'db'), [...ofMicrosoft('db'), toHex(db)])
  const two = digests(2, true).value
  assert.deepEqual(
    valuesIn(store, 'dbx'),
    [...ofMicrosoft('dbx'), ...two],
    'hex and base64, once each',
  )
})

test('both of Microsoft’s templates together have each key once, and none named is the system’s own', async () => {
  const signatureTemplateNames = [
    'MicrosoftWindowsTemplate',
    'MicrosoftUefiCertificateAuthorityTemplate',
  ]
  const both = valuesIn(await storeOf({ signatureTemplateNames }), 'db')
  assert.deepEqual(both, [...new Set(both)])
  for (const one of [...ofMicrosoft('db', 'Windows'), ...ofMicrosoft('db')])
    assert.ok(both.includes(one))
  const systems = await storeOf({ additionalSignatures: { db: [x509(db)] } })
  assert.deepEqual(valuesIn(systems, 'db'), [...ofMicrosoft('db'), toHex(db)])
})

test('as many digests as fit are kept, and one more is refused before anything is made', async () => {
  const none = { signatureTemplateNames: ['NoSignatureTemplate'] }
  const most = (0x8300 - 28) / 48
  const full = { pk: x509(PK), db: [x509(db)], dbx: [digests(Math.floor(most))] }
  const store = await storeOf({ ...none, additionalSignatures: full })
  assert.equal(valuesIn(store, 'dbx').length, Math.floor(most))
  const over = { ...full, dbx: [digests(Math.floor(most) + 1)] }
  await assert.rejects(storeOf({ ...none, additionalSignatures: over }), /a firmware keeps 33536/)
})

for (const [what, settings, text] of [
  ['an unknown template', { signatureTemplateNames: ['Mine'] }, /signatureTemplateNames/],
  [
    'no template and another one',
    { signatureTemplateNames: ['NoSignatureTemplate', 'MicrosoftWindowsTemplate'] },
    /'NoSignatureTemplate' alone/,
  ],
  [
    'no platform key at all',
    { signatureTemplateNames: ['NoSignatureTemplate'], additionalSignatures: { db: [x509(db)] } },
    /needs a platform key/,
  ],
  ['two platform keys', { additionalSignatures: { pk: x509(PK, KEK) } }, /one platform key/],
  ['a digest as a key', { additionalSignatures: { kek: [digests(1)] } }, /kek\[0\]\.type/],
  ['a digest as a platform key', { additionalSignatures: { pk: digests(1) } }, /pk\.type/],
  [
    'an empty list',
    { additionalSignatures: { db: [{ type: 'x509', value: [] }] } },
    /db\[0\]\.value/,
  ],
  [
    'bytes that are no certificate',
    { additionalSignatures: { db: [{ type: 'x509', value: [base64(db.subarray(1))] }] } },
    /no X\.509 certificate/,
  ],
  [
    'a digest that is cut short',
    { additionalSignatures: { dbx: [{ type: 'sha256', value: ['00'.repeat(31)] }] } },
    /no SHA-256 digest/,
  ],
] as const)
  test(`${what} is refused`, () => {
    assert.throws(
      () => keysOfVersion({ securityProfile: { uefiSettings: settings as any } }, 'Linux'),
      text,
    )
  })
