import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Codec, decode, encode, fromHex } from '@trusted-launch/codec'
import { checkCodec, refuses } from '@trusted-launch/codec/check'
import { toBase64url } from '@trusted-launch/crypto'
import * as tpm2 from '../src/index.ts'
import { vectors } from './vectors.ts'

const codecs: Record<string, Codec<any>> = {
  TPMT_PUBLIC: tpm2.TPMT_PUBLIC,
  TPMS_ATTEST: tpm2.TPMS_ATTEST,
  TPMT_SIGNATURE: tpm2.TPMT_SIGNATURE,
  TPMS_NV_PUBLIC: tpm2.TPMS_NV_PUBLIC,
  TPMS_CREATION_DATA: tpm2.TPMS_CREATION_DATA,
  TPMT_TK_CREATION: tpm2.TPMT_TK_CREATION,
  TPMS_TIME_INFO: tpm2.TPMS_TIME_INFO,
  TPMS_CAPABILITY_DATA: tpm2.TPMS_CAPABILITY_DATA,
  TPML_PCR_SELECTION: tpm2.TPML_PCR_SELECTION,
  TPML_DIGEST_VALUES: tpm2.TPML_DIGEST_VALUES,
  TPMT_SIG_SCHEME: tpm2.TPMT_SIG_SCHEME,
  TPMS_AUTH_COMMAND: tpm2.TPMS_AUTH_COMMAND,
  TPMS_AUTH_RESPONSE: tpm2.TPMS_AUTH_RESPONSE,
}

for (const [name, hex] of Object.entries(vectors))
  test(`${name} reads and writes the same bytes and refuses all others`, () => {
    checkCodec(codecs[name]!, hex)
  })

test('a structure that no TPM signed is not read as an attestation', () => {
  const quote = fromHex(vectors.TPMS_ATTEST!.quote!)
  quote[0] = 0xfe
  refuses(tpm2.TPMS_ATTEST, quote, 'another magic')
  refuses(tpm2.TPMS_CLOCK_INFO, fromHex(`${'00'.repeat(16)}02`), 'safe is neither 0 nor 1')
})

test('a selection longer than the PCRs of a platform is refused', () => {
  refuses(tpm2.TPMS_PCR_SELECTION, fromHex('000b0500000000ff'), 'five bytes')
  refuses(tpm2.TPMS_PCR_SELECTION, fromHex('000b0100'), 'one byte')
  refuses(tpm2.TPML_PCR_SELECTION, fromHex('ffffffff'), 'four thousand million banks')
})

test('a selection of PCRs is the bits that the specification says', () => {
  const selection = tpm2.encodePcrSelection(tpm2.TPM_ALG.SHA256, [0, 9, 23])
  assert.deepEqual(selection.pcrSelect, Uint8Array.of(0x01, 0x02, 0x80))
  assert.deepEqual(tpm2.decodePcrSelection(selection), [0, 9, 23])
  assert.throws(() => tpm2.encodePcrSelection(tpm2.TPM_ALG.SHA256, [-1]), RangeError)
  assert.throws(() => tpm2.encodePcrSelection(tpm2.TPM_ALG.SHA256, [0.5]), RangeError)
})

const corpus = process.env.EVIDENCE_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus')
const own = join(corpus, 'own-evidence')
const skip = existsSync(own) ? false : `no evidence at ${own}`

for (const kind of ['rsa', 'ecc'])
  test(`evidence recorded with other tools (${kind}) is read and verifies`, { skip }, () => {
    const file = (name: string) => new Uint8Array(readFileSync(join(own, kind, name)))
    checkCodec(tpm2.TPMT_PUBLIC, { ak: file('ak.tpmt') })
    checkCodec(tpm2.TPM2B_PUBLIC, { ak: file('ak.tpm2b') })
    checkCodec(tpm2.TPMS_ATTEST, { quote: file('quote.msg') })
    checkCodec(tpm2.TPMT_SIGNATURE, { signature: file('quote.sig') })
    const key = decode(tpm2.TPMT_PUBLIC, file('ak.tpmt'))
    const signature = decode(tpm2.TPMT_SIGNATURE, file('quote.sig'))
    const publicKey = createPublicKey(readFileSync(join(own, kind, 'ak.pub.pem')))
    if (key.type === tpm2.TPM_ALG.RSA && signature.sigAlg === tpm2.TPM_ALG.RSASSA) {
      assert.equal(publicKey.export({ format: 'jwk' }).n, toBase64url(key.unique))
      assert.ok(verify('sha256', file('quote.msg'), publicKey, signature.signature.sig))
    } else {
      assert.ok(signature.sigAlg === tpm2.TPM_ALG.ECDSA && key.type === tpm2.TPM_ALG.ECC)
      const { signatureR, signatureS } = signature.signature
      const raw = Buffer.concat([signatureR, signatureS])
      const dsaEncoding = 'ieee-p1363'
      assert.ok(verify('sha256', file('quote.msg'), { key: publicKey, dsaEncoding }, raw))
    }
    assert.deepEqual(encode(tpm2.TPMT_PUBLIC, key), file('ak.tpmt'))
  })
