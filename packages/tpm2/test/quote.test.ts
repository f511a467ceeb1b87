import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { decode, toBase64url, toHex } from '@trusted-launch/codec'
import {
  AK_RSA2048,
  CreatePrimary,
  encodePcrSelection,
  execute,
  nameOfPublic,
  Quote,
  ReadPublic,
  readPcrs,
  TPM_ALG,
  TPM_RH,
  TPM_ST,
  TPMS_ATTEST,
  type TPMT_PUBLIC,
} from '../src/index.ts'
import { startSwtpm, swtpmMissing } from './swtpm.ts'

const skip = swtpmMissing
const none = new Uint8Array()
const keysOwnScheme = { scheme: TPM_ALG.NULL, details: null }

function keyOf(publicArea: TPMT_PUBLIC) {
  assert.equal(publicArea.type, TPM_ALG.RSA)
  const n = toBase64url(publicArea.unique as Uint8Array)
  return createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
}

test('a quote verifies against its key, nonce and PCR values', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const ak = await execute(tpm, CreatePrimary, {
    primaryHandle: TPM_RH.ENDORSEMENT,
    inSensitive: { userAuth: none, data: none },
    inPublic: AK_RSA2048,
    outsideInfo: none,
    creationPCR: [],
  })
  const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
  const pcrs = [...Array(16).keys(), 23]
  const { quoted, signature } = await execute(tpm, Quote, {
    signHandle: ak.objectHandle,
    qualifyingData: nonce,
    inScheme: keysOwnScheme,
    pcrSelect: [encodePcrSelection(TPM_ALG.SHA256, pcrs)],
  })
  assert.ok(signature.sigAlg === TPM_ALG.RSASSA)
  assert.ok(verify('sha256', quoted, keyOf(ak.outPublic), signature.signature.sig))
  const attest = decode(TPMS_ATTEST, quoted)
  assert.ok(attest.type === TPM_ST.ATTEST_QUOTE)
  assert.deepEqual(attest.extraData, nonce)
  const reading = await readPcrs(tpm, TPM_ALG.SHA256, pcrs)
  const digest = createHash('sha256')
  for (const { digest: value } of reading.values) digest.update(value)
  assert.equal(toHex(attest.attested.pcrDigest), digest.digest('hex'))
  const { name } = await execute(tpm, ReadPublic, { objectHandle: ak.objectHandle })
  assert.deepEqual(nameOfPublic(ak.outPublic), name)
})
