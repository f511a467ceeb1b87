import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, fromHex, toHex } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import {
  AuthenticatedWrite,
  bootOptionName,
  decodeSignatureDatabase,
  EFI_GUID,
  EFI_TIME,
  entriesOf,
  GUIDS,
  nameOfGuid,
  sameVariable,
  UEFI_VARIABLE_DATA,
  VARIABLES,
  WIN_CERTIFICATE,
} from '../src/index.ts'
import { evidence, unless } from './real-files.ts'

const globalGuid = '61dfe48bca93d211aa0d00e098032b8c'

test('a GUID’s first three groups are little endian', () => {
  checkCodec(EFI_GUID, { global: globalGuid })
  assert.equal(decode(EFI_GUID, fromHex(globalGuid)), GUIDS.EFI_GLOBAL_VARIABLE)
  assert.equal(nameOfGuid(GUIDS.EFI_GLOBAL_VARIABLE), 'EFI_GLOBAL_VARIABLE')
  assert.equal(nameOfGuid('00000000-0000-0000-0000-000000000001').slice(-1), '1')
})

test('variable data, times and certificates read and write the same bytes', () => {
  const value = {
    variableName: VARIABLES.PK.guid,
    unicodeName: 'PK',
    variableData: fromHex('0102'),
  }
  const bytes = encode(UEFI_VARIABLE_DATA, value)
  const sizes = '02000000000000000200000000000000'
  assert.equal(toHex(bytes), `${globalGuid}${sizes}50004b000102`)
  checkCodec(UEFI_VARIABLE_DATA, { PK: bytes })
  checkCodec(EFI_TIME, { signed: 'da07030613111500' + '0000000000000000' })
  checkCodec(WIN_CERTIFICATE, { pkcs: '0b0000000002020030010a' })
})

test('a variable with a length of 2^63 is refused before anything is allocated', () => {
  const bytes = fromHex(`${globalGuid}${'0200000000000000'}${'0000000000000080'}50004b00`)
  assert.throws(() => decode(UEFI_VARIABLE_DATA, bytes), /9223372036854775808, more than/)
})

test('a variable is its name and its GUID', () => {
  assert.ok(sameVariable(VARIABLES.db, { ...VARIABLES.db }))
  assert.ok(!sameVariable(VARIABLES.db, { name: 'db', guid: GUIDS.EFI_GLOBAL_VARIABLE }))
  assert.equal(bootOptionName(0x1a).name, 'Boot001A')
})

const update = evidence('microsoft__secureboot_objects/DBX_amd64_DBXUpdate.bin')
test('Microsoft’s signed dbx update holds 443 digests', {
  skip: unless(update, 'the evidence corpus'),
}, () => {
  const { authentication, data } = decode(AuthenticatedWrite, update!)
  assert.equal(authentication.timeStamp.year, 2010)
  assert.equal(entriesOf(decodeSignatureDatabase(data)).length, 443)
})

for (const name of ['PK', 'KEK', 'db']) {
  const file = evidence(`Foxboron__go-uefi/auth/${name}.auth`)
  test(`${name}.auth decodes and encodes to the same bytes`, {
    skip: unless(file, 'the evidence corpus'),
  }, () => {
    const write = decode(AuthenticatedWrite, file!)
    assert.equal(toHex(encode(AuthenticatedWrite, write)), toHex(file!))
    assert.equal(entriesOf(decodeSignatureDatabase(write.data)).length, 1)
  })
}
