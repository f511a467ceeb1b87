import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encode, MalformedError } from '@trusted-launch/codec'
import { checkCodec, randomFrom } from '@trusted-launch/codec/check'
import {
  AUTHENTICATED_VARIABLE,
  appendSignatures,
  certificatesOfPem,
  decodeVariableStore,
  EFI_TIME_ZERO,
  encodeVariableStore,
  entriesOf,
  formatSecureBootTemplate,
  parseSecureBootTemplate,
  plainVariable,
  readEdk2Store,
  sameVariables,
  secureBootState,
  signatureDatabaseOf,
  templateOfCertificates,
  UefiError,
  VAR_STATE,
  VARIABLES,
  VariableStore,
  variablesOfTemplate,
  withSecureBoot,
  writeEdk2Store,
} from '../src/index.ts'
import { blankStore } from './blank-store.ts'
import { ovmf, unless } from './real-files.ts'

const templateJson = (name: string) =>
  JSON.parse(readFileSync(new URL(`../templates/${name}.json`, import.meta.url), 'utf8'))
const template = parseSecureBootTemplate(templateJson('microsoft-uefi-ca'))
const record = {
  state: VAR_STATE.ADDED,
  attributes: 7,
  monotonicCount: 0n,
  timeStamp: EFI_TIME_ZERO,
  pubKeyIndex: 0,
  vendorGuid: VARIABLES.BootOrder.guid,
  name: 'BootOrder',
  data: Uint8Array.of(1, 0),
}

test('a record reads and writes the same bytes and refuses every truncation', () => {
  checkCodec(AUTHENTICATED_VARIABLE, { BootOrder: encode(AUTHENTICATED_VARIABLE, record) })
})

test('a store written from a template reads back and enforces Secure Boot', () => {
  const wanted = variablesOfTemplate(template, true)
  const file = encodeVariableStore(blankStore(), wanted)
  const read = decodeVariableStore(file)
  assert.ok(sameVariables(read, wanted))
  assert.deepEqual(secureBootState(read), { enforced: true })
  assert.equal(entriesOf(signatureDatabaseOf(read, VARIABLES.db)).length, 2)
  assert.equal(file.length, blankStore().length)
})

test('a store that does not enforce Secure Boot says why', () => {
  const store = variablesOfTemplate(template, true)
  const state = (changed: VariableStore) => secureBootState(changed)
  const off = (reason: string) => ({ enforced: false, reason })
  assert.deepEqual(state(variablesOfTemplate(null, true)), off('setup-mode'))
  assert.deepEqual(state(store.without(VARIABLES.PK)), off('setup-mode'))
  assert.deepEqual(state(withSecureBoot(store, false)), off('secure-boot-disabled'))
  const one = Uint8Array.of(1)
  assert.deepEqual(state(store.with(plainVariable(VARIABLES.CustomMode, one))), off('custom-mode'))
  assert.deepEqual(state(store.with(plainVariable(VARIABLES.db, one))), off('database-malformed'))
})

test('a deleted record is gone, and one in transition counts while nothing replaced it', () => {
  const old = { ...record, data: Uint8Array.of(9) }
  const values = (...states: number[]) => {
    const records = states.map((state, i) => ({ ...(i === 0 ? old : record), state }))
    const file = writeEdk2Store(blankStore(), records)
    assert.equal(readEdk2Store(file).length, states.length)
    return decodeVariableStore(file).get(VARIABLES.BootOrder)?.data[0]
  }
  assert.equal(values(VAR_STATE.DELETED_AFTER_TRANSITION), undefined)
  assert.equal(values(VAR_STATE.IN_DELETED_TRANSITION), 9)
  assert.equal(values(VAR_STATE.IN_DELETED_TRANSITION, VAR_STATE.ADDED), 1)
  assert.equal(values(VAR_STATE.DELETED), undefined)
})

test('five hundred random strikes at a store’s headers and records raise only MalformedError', () => {
  const file = encodeVariableStore(blankStore(), variablesOfTemplate(template, true))
  const random = randomFrom(3)
  for (let i = 0; i < 500; i++) {
    const struck = file.slice()
    for (let k = 0; k < 4; k++) struck[random(0x2000)] = random(256)
    try {
      decodeVariableStore(struck)
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
    }
  }
  for (const size of [0, 1, 47, 71, 99, 0x1000, file.length - 1])
    assert.throws(() => decodeVariableStore(file.subarray(0, size)), MalformedError)
})

test('writing keeps the header of the write queue, and leaves the file it was given as it was', () => {
  const given = Buffer.from(blankStore())
  const written = encodeVariableStore(given, variablesOfTemplate(template, true))
  assert.deepEqual(written.subarray(0x40000), blankStore().subarray(0x40000))
  assert.deepEqual(new Uint8Array(given), blankStore())
})

test('too much for the store, and too long a variable, are refused by name', () => {
  const big = (length: number) => plainVariable(VARIABLES.MokList, new Uint8Array(length))
  const one = new VariableStore([big(40_000)])
  assert.throws(
    () => encodeVariableStore(blankStore(), one),
    (e) => e instanceof UefiError && e.code === 'VARIABLE_TOO_LARGE',
  )
  const many = Array.from({ length: 9 }, (_, i) => ({ ...big(30_000), name: `V${i}` }))
  assert.throws(
    () => encodeVariableStore(blankStore(), new VariableStore(many)),
    (e) => e instanceof UefiError && e.code === 'VARIABLE_STORE_FULL',
  )
})

for (const name of ['microsoft-uefi-ca', 'microsoft-windows'])
  test(`${name}.json parses, formats back, and names both CAs of its kind and 443 digests`, () => {
    const parsed = parseSecureBootTemplate(templateJson(name))
    assert.deepEqual(
      JSON.parse(JSON.stringify(formatSecureBootTemplate(parsed))),
      templateJson(name),
    )
    assert.deepEqual(
      [parsed.KEK, parsed.db, parsed.dbx].map((each) => each.flatMap(({ value }) => value).length),
      [2, 2, 443],
    )
  })

test('a template that is no template names the place', () => {
  const refuses = (json: unknown, place: string) =>
    assert.throws(
      () => parseSecureBootTemplate(json),
      (e) => e instanceof UefiError && e.code === 'TEMPLATE_INVALID' && e.subject === place,
    )
  const PK = { type: 'x509', value: ['MAA='] }
  refuses([], 'template')
  refuses({}, 'PK')
  refuses({ PK: { type: 'x509', value: ['!'] } }, 'PK')
  refuses({ PK: { ...PK, signatureOwner: 'nobody' } }, 'PK')
  refuses({ PK, db: {} }, 'db')
  refuses({ PK, dbx: [{ type: 'sha256', value: ['AAAA'] }] }, 'dbx[0]')
  refuses({ PK, KEK: [{ type: 'sha256', value: [] }] }, 'KEK[0]')
})

test('keys of one’s own make a template, PEM or DER, and more can be appended', () => {
  const der = template.db[0]!.value[0]!
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----`
  assert.deepEqual(certificatesOfPem(pem), [der])
  const owner = '11111111-2222-3333-4444-555555555555'
  const own = templateOfCertificates(owner, { PK: der, KEK: [der], db: [der] })
  const more = appendSignatures(own, { db: template.db })
  const store = variablesOfTemplate(more, true)
  const entries = entriesOf(signatureDatabaseOf(store, VARIABLES.db))
  assert.equal(entries.length, 3)
  assert.equal(entries[0]!.signatureOwner, owner)
  assert.equal(store.get(VARIABLES.dbx), null)
  assert.deepEqual(secureBootState(store), { enforced: true })
})

const microsoft = ovmf('OVMF_VARS_4M.ms.fd')
test('Debian’s store with Microsoft’s keys is read, rewritten, and still enforces', {
  skip: unless(microsoft, 'Debian’s ovmf'),
}, () => {
  const store = decodeVariableStore(microsoft!)
  assert.deepEqual(secureBootState(store), { enforced: true })
  assert.equal(store.list().length, 31)
  const again = decodeVariableStore(encodeVariableStore(microsoft!, store))
  assert.ok(sameVariables(again, store))
})

for (const name of [
  'OVMF_VARS.ms.fd',
  'OVMF_VARS_4M.snakeoil.fd',
  'OVMF_VARS_4M.fd',
  'OVMF_VARS.fd',
]) {
  const file = ovmf(name)
  test(`Debian’s ${name} reads and rewrites to the same variables`, {
    skip: unless(file, 'Debian’s ovmf'),
  }, () => {
    const store = decodeVariableStore(file!)
    assert.ok(sameVariables(decodeVariableStore(encodeVariableStore(file!, store)), store))
  })
}
