import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { concat, decode } from '@trusted-launch/codec'
import { toBase64url } from '@trusted-launch/crypto'
import {
  AK_CERT_NV,
  AK_RSA2048,
  Certify,
  EK_RSA2048,
  encodePcrSelection,
  execute,
  NV_Certify,
  NV_Extend,
  NV_ReadPublic,
  nameOfNv,
  nameOfPublic,
  Quote,
  ROLLBACK_NV,
  readPcrs,
  TPM_ALG,
  TPM_NT,
  TPM_RH,
  TPM_ST,
  TPMS_ATTEST,
  type TPMT_PUBLIC,
  type TPMT_SIGNATURE,
} from '../src/index.ts'
import { createPrimary, defineIndex, keysOwnScheme, none } from './objects.ts'
import { startSwtpm, swtpmMissing } from './swtpm.ts'

const skip = swtpmMissing
const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
const sha256 = (...parts: Uint8Array[]) =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  )

/** Whether Node's own cryptography, knowing nothing of TPMs, takes the signature for the key's. */
function signedBy(key: TPMT_PUBLIC, message: Uint8Array, signature: TPMT_SIGNATURE): boolean {
  assert.ok(key.type === TPM_ALG.RSA && signature.sigAlg === TPM_ALG.RSASSA)
  assert.equal(signature.signature.hash, TPM_ALG.SHA256)
  const jwk = { kty: 'RSA', n: toBase64url(key.unique), e: 'AQAB' }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  return verify('sha256', message, publicKey, signature.signature.sig)
}

test('a quote verifies against its key, nonce and PCR values', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const ak = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
  const pcrs = [...Array(16).keys(), 23]
  const selection = encodePcrSelection(TPM_ALG.SHA256, pcrs)
  const { quoted, signature } = await execute(tpm, Quote, {
    signHandle: ak.objectHandle,
    qualifyingData: nonce,
    inScheme: keysOwnScheme,
    pcrSelect: [selection],
  })
  assert.ok(signedBy(ak.outPublic, quoted, signature))
  const attest = decode(TPMS_ATTEST, quoted)
  assert.ok(attest.type === TPM_ST.ATTEST_QUOTE)
  assert.deepEqual(attest.extraData, nonce)
  assert.deepEqual(attest.attested.pcrSelect, [selection])
  const { values } = await readPcrs(tpm, TPM_ALG.SHA256, pcrs)
  assert.deepEqual(attest.attested.pcrDigest, sha256(...values.map(({ digest }) => digest)))
})

test('a key is certified under the name that its public area gives', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const ak = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
  const ek = await createPrimary(tpm, TPM_RH.ENDORSEMENT, EK_RSA2048)
  assert.deepEqual(nameOfPublic(ek.outPublic), ek.name)
  const { certifyInfo, signature } = await execute(tpm, Certify, {
    objectHandle: ak.objectHandle,
    signHandle: ak.objectHandle,
    qualifyingData: nonce,
    inScheme: keysOwnScheme,
  })
  assert.ok(signedBy(ak.outPublic, certifyInfo, signature))
  const attest = decode(TPMS_ATTEST, certifyInfo)
  assert.ok(attest.type === TPM_ST.ATTEST_CERTIFY)
  assert.deepEqual(attest.attested.name, nameOfPublic(ak.outPublic))
})

test('an extend-only index grows by hash and is certified with its name', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const ak = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
  await defineIndex(tpm, ROLLBACK_NV, { type: TPM_NT.EXTEND, dataSize: 32 })
  const index = { authHandle: TPM_RH.PLATFORM, nvIndex: ROLLBACK_NV }
  await execute(tpm, NV_Extend, { ...index, data: Uint8Array.of(1) })
  await execute(tpm, NV_Extend, { ...index, data: Uint8Array.of(2) })
  const { certifyInfo, signature } = await execute(tpm, NV_Certify, {
    ...index,
    signHandle: ak.objectHandle,
    qualifyingData: nonce,
    inScheme: keysOwnScheme,
    size: 32,
    offset: 0,
  })
  assert.ok(signedBy(ak.outPublic, certifyInfo, signature))
  const attest = decode(TPMS_ATTEST, certifyInfo)
  assert.ok(attest.type === TPM_ST.ATTEST_NV)
  const once = sha256(new Uint8Array(32), Uint8Array.of(1))
  assert.deepEqual(attest.attested.nvContents, sha256(once, Uint8Array.of(2)))
  const { nvPublic, nvName } = await execute(tpm, NV_ReadPublic, { nvIndex: ROLLBACK_NV })
  assert.deepEqual(nameOfNv(nvPublic), nvName)
  assert.deepEqual(attest.attested.indexName, nvName)
})

test('the name of an index tells whether it was ever written', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  await defineIndex(tpm, AK_CERT_NV, { type: TPM_NT.EXTEND, dataSize: 32 })
  const before = await execute(tpm, NV_ReadPublic, { nvIndex: AK_CERT_NV })
  await execute(tpm, NV_Extend, {
    authHandle: TPM_RH.PLATFORM,
    nvIndex: AK_CERT_NV,
    data: none,
  })
  const after = await execute(tpm, NV_ReadPublic, { nvIndex: AK_CERT_NV })
  assert.notDeepEqual(nameOfNv(before.nvPublic), nameOfNv(after.nvPublic))
})
