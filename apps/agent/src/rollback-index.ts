import { AgentError, type Rollback } from '@trusted-launch/channel'
import { encode } from '@trusted-launch/codec'
import {
  execute,
  NV_Certify,
  NV_Extend,
  NV_ReadPublic,
  ROLLBACK_NV,
  TPM_ALG,
  TPMS_NV_PUBLIC,
  TPMT_SIGNATURE,
  TpmError,
  type Transport,
} from '@trusted-launch/tpm2'

/**
 * Extends the rollback index by `extendNonce` and has it certified over the same. The index is its
 * own authorization (empty): whatever the guest did to its hierarchies does not matter.
 * @throws {AgentError} `rollback-unavailable`: there is no such index.
 * @throws {TpmError} the TPM refused.
 */
export async function extendRollbackIndex(
  tpm: Transport,
  akHandle: number,
  extendNonce: Uint8Array,
): Promise<Rollback> {
  const index = { authHandle: ROLLBACK_NV, nvIndex: ROLLBACK_NV }
  await readNvPublic(tpm)
  await execute(tpm, NV_Extend, { ...index, data: extendNonce })
  const nvPublic = await readNvPublic(tpm)
  const { certifyInfo, signature } = await execute(tpm, NV_Certify, {
    ...index,
    signHandle: akHandle,
    qualifyingData: extendNonce,
    inScheme: { scheme: TPM_ALG.NULL, details: null },
    size: nvPublic.dataSize,
    offset: 0,
  })
  return {
    nvPublic: encode(TPMS_NV_PUBLIC, nvPublic),
    attest: certifyInfo,
    signature: encode(TPMT_SIGNATURE, signature),
  }
}

async function readNvPublic(tpm: Transport): Promise<TPMS_NV_PUBLIC> {
  try {
    return (await execute(tpm, NV_ReadPublic, { nvIndex: ROLLBACK_NV })).nvPublic
  } catch (cause) {
    if (!(cause instanceof TpmError)) throw cause
    throw new AgentError('rollback-unavailable', cause.message, { cause })
  }
}
