import { concat, equalBytes } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  execute,
  NV_DefineSpace,
  NV_Extend,
  NV_Read,
  NV_ReadPublic,
  nameOfNv,
  ROLLBACK_NV,
  TPM_ALG,
  TPM_NT,
  TPM_RH,
  TPMA_NV,
  type TPMS_NV_PUBLIC,
  type Transport,
} from '@trusted-launch/tpm2'

const INDEX_BYTES = 32
const empty = new Uint8Array()

/**
 * The rollback index: it can only be extended, by anyone in the guest and by us; it survives
 * TPM2_Clear; only the platform, which is ours before the firmware runs, can remove it.
 */
export const ROLLBACK_PUBLIC: TPMS_NV_PUBLIC = {
  nvIndex: ROLLBACK_NV,
  nameAlg: TPM_ALG.SHA256,
  attributes:
    TPM_NT.EXTEND |
    TPMA_NV.AUTHWRITE |
    TPMA_NV.PPWRITE |
    TPMA_NV.AUTHREAD |
    TPMA_NV.OWNERREAD |
    TPMA_NV.PPREAD |
    TPMA_NV.NO_DA |
    TPMA_NV.PLATFORMCREATE,
  authPolicy: empty,
  dataSize: INDEX_BYTES,
}

/** The index's name once it was extended: what TPM2_NV_Certify must name. */
export const ROLLBACK_NAME = nameOfNv({
  ...ROLLBACK_PUBLIC,
  attributes: ROLLBACK_PUBLIC.attributes | TPMA_NV.WRITTEN,
})

/** What the index holds after TPM2_NV_Extend by `data`. TPM 2.0 Part 3, 31.9. */
export function extended(value: Uint8Array, data: Uint8Array): Uint8Array {
  return digest('sha256', value, data)
}

export async function defineRollbackIndex(tpm: Transport): Promise<void> {
  const publicInfo = ROLLBACK_PUBLIC
  await execute(tpm, NV_DefineSpace, { authHandle: TPM_RH.PLATFORM, auth: empty, publicInfo })
}

/** Extends the index and reads it back. */
export async function extendRollbackIndex(tpm: Transport, data: Uint8Array): Promise<Uint8Array> {
  await execute(tpm, NV_Extend, { authHandle: TPM_RH.PLATFORM, nvIndex: ROLLBACK_NV, data })
  return readRollbackIndex(tpm)
}

export async function readRollbackIndex(tpm: Transport): Promise<Uint8Array> {
  const whole = { size: INDEX_BYTES, offset: 0 }
  const handles = { authHandle: TPM_RH.PLATFORM, nvIndex: ROLLBACK_NV }
  return (await execute(tpm, NV_Read, { ...handles, ...whole })).data.slice()
}

/** Whether the TPM holds the index as we made it, and extended. */
export async function holdsRollbackIndex(tpm: Transport): Promise<boolean> {
  const { nvName } = await execute(tpm, NV_ReadPublic, { nvIndex: ROLLBACK_NV })
  return equalBytes(nvName, ROLLBACK_NAME)
}

/** So many nonces of a session may be unanswered: every selection of them is tried. */
export const UNANSWERED_MAX = 8

/**
 * Whether `current` is `value`, or `value` extended in order by some of the nonces that were issued
 * and never answered.
 */
export function continues(
  value: Uint8Array,
  pending: readonly Uint8Array[],
  current: Uint8Array,
): boolean {
  let reached = [value]
  for (const nonce of pending)
    reached = [...reached, ...reached.map((each) => extended(each, nonce))]
  return reached.some((each) => equalBytes(each, current))
}

/** A stamp no guest knows beforehand: what a session of ours extends the index by. */
export function stampOf(
  random: Uint8Array,
  purpose: 'provision' | 'start' | 'restore',
): Uint8Array {
  return digest('sha256', concat(new TextEncoder().encode(`${purpose}\0`), random))
}
