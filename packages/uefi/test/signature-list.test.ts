import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, MalformedError, toHex } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import {
  certificateList,
  decodeSignatureDatabase,
  EFI_SIGNATURE_LIST,
  entriesOf,
  GUIDS,
  SignatureDatabase,
  sha256List,
} from '../src/index.ts'
import { evidence, unless } from './real-files.ts'

const owner = GUIDS.MICROSOFT_SIGNATURE_OWNER
const digests = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const certificate = certificateList(owner, Uint8Array.of(0x30, 3, 2, 1, 5))
const two = encode(EFI_SIGNATURE_LIST, sha256List(owner, digests))

/** The list with one of its three sizes overwritten: 16 list, 20 header, 24 entry. */
function withSize(at: 16 | 20 | 24, value: number, list = two): Uint8Array {
  const bytes = list.slice()
  new DataView(bytes.buffer).setUint32(at, value, true)
  return bytes
}

const refuses = (bytes: Uint8Array, path: RegExp) =>
  assert.throws(
    () => decodeSignatureDatabase(bytes),
    (e) => e instanceof MalformedError && path.test(e.message),
  )

test('signature lists read and write the same bytes and refuse every truncation', () => {
  checkCodec(EFI_SIGNATURE_LIST, {
    digests: two,
    certificate: encode(EFI_SIGNATURE_LIST, certificate),
  })
})

test('a database is lists one after the other, and none is empty', () => {
  const database = [certificate, sha256List(owner, digests)]
  const bytes = encode(SignatureDatabase, database)
  assert.deepEqual(decode(SignatureDatabase, bytes), database)
  assert.deepEqual(
    entriesOf(database).map(({ signatureData }) => signatureData.length),
    [5, 32, 32],
  )
  assert.deepEqual(decodeSignatureDatabase(new Uint8Array(0)), [])
})

test('signature-size-zero is refused before any division', () => {
  refuses(withSize(24, 0), /signatureSize: 0, no room/)
})

test('signature-size-of-another-type is refused', () => {
  refuses(withSize(24, 24), /24 where the type needs 48/)
})

test('a signature header is skipped and never read as an entry', () => {
  const header = new Uint8Array(48).fill(7)
  const list = { ...sha256List(owner, digests), signatureHeader: header }
  const [read] = decodeSignatureDatabase(encode(SignatureDatabase, [list]))
  assert.equal(read!.signatures.length, 2)
  assert.deepEqual(read!.signatureHeader, header)
})

test('signature-header-injection: a header that eats the entries leaves none and is refused', () => {
  refuses(withSize(20, 96), /no entries/)
  refuses(withSize(20, 97), /signatureHeader: truncated/)
  refuses(withSize(20, 1), /no whole number/)
})

test('list-size-short, list-size-long and two certificates in one list are refused', () => {
  refuses(withSize(16, 27), /signatureListSize: 27/)
  refuses(withSize(16, 0xffffffff), /truncated/)
  const list = certificate.signatures[0]!
  const doubled = { ...certificate, signatures: [list, list] }
  refuses(encode(EFI_SIGNATURE_LIST, doubled), /more than one certificate/)
})

for (const name of ['pk', 'kek', 'db', 'pkdefault', 'kekdefault', 'dbdefault']) {
  const file = evidence(`Foxboron__go-uefi/siglists/${name}`)
  test(`a laptop's ${name} decodes and encodes to the same bytes`, {
    skip: unless(file, 'the evidence corpus'),
  }, () => {
    const bytes = file!.subarray(4)
    assert.equal(toHex(encode(SignatureDatabase, decodeSignatureDatabase(bytes))), toHex(bytes))
  })
}

test('bytes after the last list are refused', () => {
  refuses(concat(two, Uint8Array.of(0)), /truncated/)
})
