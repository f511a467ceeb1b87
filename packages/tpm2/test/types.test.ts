import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, fromHex } from '@trusted-launch/codec'
import {
  encodeCommand,
  execute,
  Quote,
  ReadClock,
  Startup,
  TPM_ALG,
  TPM_ST,
  TPMS_ATTEST,
  TPMT_SIGNATURE,
} from '../src/index.ts'
import { vectors } from './vectors.ts'

const tpm = { send: async () => fromHex('80010000000a00000100') }

test('a command does not compile without its handles and parameters, or with others', async () => {
  // @ts-expect-error startupType is missing
  assert.throws(() => encodeCommand(Startup, {}), RangeError)
  // @ts-expect-error a handle is a number
  assert.throws(() => encodeCommand(Quote, { signHandle: 'AK' }))
  // @ts-expect-error TPM2_Startup has no clock
  assert.equal(encodeCommand(Startup, { startupType: 0, clock: 1 }).length, 12)
  // @ts-expect-error no such answer
  await assert.rejects(execute(tpm, ReadClock, {}).then(({ quoted }) => quoted))
})

test('an attestation narrows on its type, a signature on its scheme', () => {
  const attest = decode(TPMS_ATTEST, fromHex(vectors.TPMS_ATTEST!.quote!))
  // @ts-expect-error only a quote has a PCR digest
  assert.equal(attest.attested.pcrDigest.length, 32)
  if (attest.type === TPM_ST.ATTEST_QUOTE) assert.equal(attest.attested.pcrDigest.length, 32)
  const signature = decode(TPMT_SIGNATURE, fromHex(vectors.TPMT_SIGNATURE!.rsassa!))
  // @ts-expect-error ECDSA has no `sig`
  if (signature.sigAlg === TPM_ALG.ECDSA) assert.ok(signature.signature.sig)
  if (signature.sigAlg === TPM_ALG.RSASSA) assert.equal(signature.signature.sig.length, 256)
})
