import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toUtf8 } from '@trusted-launch/codec'
import {
  Create,
  encodePcrSelection,
  execute,
  Load,
  PCR_Extend,
  PolicyPCR,
  password,
  pcrPolicy,
  policy,
  SRK_P256,
  SRK_RSA2048,
  sealedData,
  startPolicySession,
  TPM_ALG,
  TPM_RH,
  type TPMT_PUBLIC,
  TpmError,
  type Transport,
  Unseal,
} from '../src/index.ts'
import { createPrimary, none, sessionNonce } from './objects.ts'
import { startSwtpm, swtpmMissing } from './swtpm.ts'

const skip = swtpmMissing
const secret = toUtf8('a secret of the guest')
const pcrs = [encodePcrSelection(TPM_ALG.SHA256, [4, 7])]

async function seal(tpm: Transport, parent: TPMT_PUBLIC): Promise<number> {
  const { objectHandle: parentHandle } = await createPrimary(tpm, TPM_RH.OWNER, parent)
  const { outPrivate, outPublic } = await execute(tpm, Create, {
    parentHandle,
    inSensitive: { userAuth: none, data: secret },
    inPublic: sealedData(await pcrPolicy(tpm, sessionNonce(), pcrs)),
    outsideInfo: none,
    creationPCR: pcrs,
  })
  const loaded = await execute(tpm, Load, {
    parentHandle,
    inPrivate: outPrivate,
    inPublic: outPublic,
  })
  return loaded.objectHandle
}

async function unseal(tpm: Transport, itemHandle: number): Promise<Uint8Array> {
  const policySession = await startPolicySession(tpm, sessionNonce())
  await execute(tpm, PolicyPCR, { policySession, pcrDigest: none, pcrs })
  return (await execute(tpm, Unseal, { itemHandle }, [policy(policySession)])).outData
}

const refusedFor = (name: string, subject: string, index: number) => (e: unknown) => {
  assert.ok(e instanceof TpmError)
  assert.deepEqual([e.name, e.subject, e.index], [name, subject, index])
  return true
}

const extend = (tpm: Transport, pcrHandle: number) =>
  execute(tpm, PCR_Extend, {
    pcrHandle,
    digests: [{ hashAlg: TPM_ALG.SHA256, digest: new Uint8Array(32) }],
  })

for (const [title, parent] of Object.entries({ 'an RSA': SRK_RSA2048, 'a P-256': SRK_P256 }))
  test(`what is sealed to PCRs under ${title} parent opens only while they hold`, {
    skip,
  }, async (t) => {
    const tpm = await startSwtpm(t)
    const item = await seal(tpm, parent)
    assert.deepEqual(await unseal(tpm, item), secret)
    await extend(tpm, 9)
    assert.deepEqual(await unseal(tpm, item), secret)
    await extend(tpm, 7)
    await assert.rejects(unseal(tpm, item), refusedFor('TPM_RC_POLICY_FAIL', 'session', 1))
  })

test('no password opens what is sealed to PCRs', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const itemHandle = await seal(tpm, SRK_P256)
  const refused = refusedFor('TPM_RC_AUTH_UNAVAILABLE', 'command', 0)
  await assert.rejects(execute(tpm, Unseal, { itemHandle }), refused)
  await assert.rejects(execute(tpm, Unseal, { itemHandle }, [password(secret)]), refused)
})

test('a policy session ends with the command unless it is to continue', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const itemHandle = await seal(tpm, SRK_P256)
  const policySession = await startPolicySession(tpm, sessionNonce())
  const satisfy = () => execute(tpm, PolicyPCR, { policySession, pcrDigest: none, pcrs })
  await satisfy()
  await execute(tpm, Unseal, { itemHandle }, [policy(policySession, { continueSession: true })])
  await satisfy()
  await execute(tpm, Unseal, { itemHandle }, [policy(policySession)])
  await assert.rejects(satisfy(), /TPM_RC_/)
})
