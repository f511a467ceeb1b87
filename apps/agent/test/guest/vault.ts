// A guest's secret, sealed to PCR 4 and 7 (SHA-256). The first boot makes and seals one, as a
// persistent object; each later one opens it. Says on the console what happened, in one line.
// usage: vault [TPM]
import { toHex } from '@trusted-launch/codec'
import {
  Create,
  CreatePrimary,
  EvictControl,
  encodePcrSelection,
  execute,
  FlushContext,
  GetRandom,
  Load,
  PolicyGetDigest,
  PolicyPCR,
  policy,
  ReadPublic,
  SRK_P256,
  sealedData,
  startPolicySession,
  TPM_ALG,
  TPM_RH,
  TPM_SE,
  TpmError,
  Unseal,
} from '@trusted-launch/tpm2'
import * as std from 'std'
import { TpmDevice } from '../../src/tpm-device.ts'

const SEALED_HANDLE = 0x8100_0100
const pcrs = [encodePcrSelection(TPM_ALG.SHA256, [4, 7])]
const none = new Uint8Array()
const tpm = new TpmDevice(scriptArgs[1] ?? '/dev/tpmrm0')

async function policySession(type: number): Promise<number> {
  const { randomBytes } = await execute(tpm, GetRandom, { bytesRequested: 16 })
  const policySession = await startPolicySession(tpm, randomBytes, type)
  await execute(tpm, PolicyPCR, { policySession, pcrDigest: none, pcrs })
  return policySession
}

async function seal(): Promise<string> {
  const session = await policySession(TPM_SE.TRIAL)
  const { policyDigest } = await execute(tpm, PolicyGetDigest, { policySession: session })
  await execute(tpm, FlushContext, { flushHandle: session })
  const { randomBytes } = await execute(tpm, GetRandom, { bytesRequested: 32 })
  const common = { outsideInfo: none, creationPCR: [] }
  const primary = await execute(tpm, CreatePrimary, {
    ...common,
    primaryHandle: TPM_RH.OWNER,
    inSensitive: { userAuth: none, data: none },
    inPublic: SRK_P256,
  })
  const parentHandle = primary.objectHandle
  const { outPrivate, outPublic } = await execute(tpm, Create, {
    ...common,
    parentHandle,
    inSensitive: { userAuth: none, data: randomBytes },
    inPublic: sealedData(policyDigest),
  })
  const loaded = await execute(tpm, Load, {
    parentHandle,
    inPrivate: outPrivate,
    inPublic: outPublic,
  })
  const { objectHandle } = loaded
  const auth = TPM_RH.OWNER
  await execute(tpm, EvictControl, { auth, objectHandle, persistentHandle: SEALED_HANDLE })
  for (const flushHandle of [objectHandle, parentHandle])
    await execute(tpm, FlushContext, { flushHandle })
  return `vault: sealed ${toHex(randomBytes)}`
}

async function open(): Promise<string> {
  const session = await policySession(TPM_SE.POLICY)
  try {
    const { outData } = await execute(tpm, Unseal, { itemHandle: SEALED_HANDLE }, [policy(session)])
    return `vault: opened ${toHex(outData)}`
  } catch (e) {
    await execute(tpm, FlushContext, { flushHandle: session })
    throw e
  }
}

async function isSealed(): Promise<boolean> {
  try {
    await execute(tpm, ReadPublic, { objectHandle: SEALED_HANDLE })
    return true
  } catch (e) {
    if (e instanceof TpmError) return false
    throw e
  }
}

isSealed()
  .then((sealed) => (sealed ? open() : seal()))
  .catch((e: Error) => `vault: refused ${e.name}: ${e.message}`)
  .then((line) => {
    std.out.puts(`${line}\n`)
    std.exit(0)
  })
