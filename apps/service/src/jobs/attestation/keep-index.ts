import { VerifiedAttestationKey, verifyRollback } from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import type { HostFacts } from '../../domain/host/evidence.ts'
import type { Resource } from '../../domain/store.ts'
import { keepRemembered, type Remembered, rememberedOf } from '../../domain/vm/remembered.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import type { Under } from '../turn-holder.ts'
import type { Asked } from './question.ts'

/**
 * Keeps what an answer certifies of the extend-only index where no verdict came of it by our own fault: with each such
 * answer the index holds a nonce more, and of too many it would look put back. That a TPM was cleared is still to be
 * told, by the count of resets before.
 */
export async function keepIndex(
  vm: Resource,
  evidence: Evidence,
  { expectation }: HostFacts,
  known: Remembered,
  { nonce, extendNonce, at }: Asked,
  under: Under,
): Promise<void> {
  const question = { nonce, banks: [], pcrs: [], profile: 'strict', rollback: null } as const
  const key = VerifiedAttestationKey.verify(evidence, { ...expectation, ...question }, at)
  if (!(key instanceof VerifiedAttestationKey)) return
  const before = known.vm.rollback
  const { next } = verifyRollback(evidence.rollback, key, { nonce: extendNonce, state: before })
  if (next === null) return
  const { vmId } = stateOf(vm)
  await under(async ({ values }) => {
    const { vm: memory, ...more } = await rememberedOf(values, vmId)
    if (memory.generation !== expectation.generation) return
    const rollback = { ...next, resetCount: before.resetCount }
    await keepRemembered(values, vmId, { ...more, vm: { ...memory, rollback } })
  })
}
