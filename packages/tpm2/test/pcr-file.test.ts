import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, MalformedError } from '@trusted-launch/codec'
import { decodePcrFile, encodePcrSelection, MARSHALED_PCRS, TPM_ALG } from '../src/index.ts'
import { marshaledPcrs, serializedPcrs } from './pcr-files.ts'

test('each value comes out under the bank and number it was selected by, in both formats', () => {
  for (const file of [serializedPcrs, marshaledPcrs]) {
    const banks = decodePcrFile(file)
    assert.deepEqual(
      banks.map(({ hash, pcrs }) => [hash, pcrs.map(({ index }) => index)]),
      [
        [TPM_ALG.SHA1, [0, 7]],
        [TPM_ALG.SHA256, [0, 1, 2, 3, 4, 5, 6, 7]],
      ],
    )
    for (const { hash, pcrs } of banks)
      for (const { index, digest } of pcrs) {
        assert.equal(digest.length, hash === TPM_ALG.SHA1 ? 20 : 32)
        assert.ok(digest.every((byte) => byte === index))
      }
  }
})

const refused = (file: Uint8Array, reason: RegExp) =>
  assert.throws(
    () => decodePcrFile(file),
    (e) => e instanceof MalformedError && reason.test(e.message),
  )

const marshaled = decode(MARSHALED_PCRS, marshaledPcrs)
const remade = (changes: Partial<typeof marshaled>) =>
  encode(MARSHALED_PCRS, { ...marshaled, ...changes })

test('values without numbers are refused: the format "values" has none', () => {
  refused(new Uint8Array(16 * 32).fill(9), /more than 16/)
  refused(new Uint8Array(16 * 32), /./)
})

test('a value too many, or none for a PCR that was selected, is refused', () => {
  const [first, second] = marshaled.pcrValues
  refused(remade({ pcrValues: [first!, second!.slice(1)] }), /no bytes for PCR 7/)
  refused(remade({ pcrValues: [first!, second!, second!] }), /2 values too many/)
})

test('a bank twice, an unknown bank and a value of another size are refused', () => {
  const [sha1, sha256] = marshaled.pcrSelect
  refused(remade({ pcrSelect: [sha1!, sha1!, sha256!] }), /the sha1 bank twice/)
  refused(remade({ pcrSelect: [encodePcrSelection(0x27, [0]), sha256!] }), /no bank of hash 0x27/)
  refused(remade({ pcrSelect: [sha256!, sha1!] }), /20 bytes for PCR 0 of sha256/)
})

test('sizes that reach out of their slot are refused', () => {
  const changed = (at: number, byte: number) => {
    const file = serializedPcrs.slice()
    file[at] = byte
    return file
  }
  refused(changed(4 + 2, 5), /a selection of 5 bytes/)
  refused(changed(4 + 2, 2), /a selection of 2 bytes/)
  refused(changed(4 + 16 * 8 + 8, 65), /a digest of 65 bytes/)
  refused(changed(0, 17), /17, more than 16/)
})
