import { randomBytes } from 'node:crypto'
import {
  CreatePrimary,
  execute,
  NV_DefineSpace,
  TPM_ALG,
  TPM_RH,
  TPMA_NV,
  type TPMT_PUBLIC,
  type Transport,
} from '../src/index.ts'

export const none = new Uint8Array()
/** A signing command takes the key's own scheme. */
export const keysOwnScheme = { scheme: TPM_ALG.NULL, details: null }
export const noData = { userAuth: none, data: none }

/** 16 random bytes for a session. */
export const sessionNonce = () => new Uint8Array(randomBytes(16))

/** A primary key of a hierarchy, made from a template. */
export function createPrimary(tpm: Transport, primaryHandle: number, inPublic: TPMT_PUBLIC) {
  const given = { inSensitive: noData, inPublic, outsideInfo: none, creationPCR: [] }
  return execute(tpm, CreatePrimary, { primaryHandle, ...given })
}

const { PPWRITE, PPREAD, OWNERREAD, AUTHREAD, NO_DA, PLATFORMCREATE } = TPMA_NV

/** A platform-created index that the platform alone writes and everybody reads. */
export async function defineIndex(
  tpm: Transport,
  nvIndex: number,
  index: { type: number; dataSize: number },
): Promise<void> {
  const attributes = PPWRITE | PPREAD | OWNERREAD | AUTHREAD | NO_DA | PLATFORMCREATE | index.type
  await execute(tpm, NV_DefineSpace, {
    authHandle: TPM_RH.PLATFORM,
    auth: none,
    publicInfo: {
      nvIndex,
      nameAlg: TPM_ALG.SHA256,
      attributes,
      authPolicy: none,
      dataSize: index.dataSize,
    },
  })
}
