import { randomBytes, randomUUID } from 'node:crypto'
import {
  type AppraisalInput,
  appraiseEvidence,
  encodeRecord,
  parseReferenceValues,
  QUOTED_PCRS,
  type RollbackState,
  type SignToken,
  type TokenIssuer,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import type { HostDriver } from '../domain/host-driver.ts'
import type { JsonObject, Resource, Values } from '../domain/store.ts'
import { securityOf, stateOf } from '../domain/vm/vm.ts'
import type { Job } from './worker.ts'

export interface AttestGround {
  readonly driver: HostDriver
  readonly now: () => number
  readonly issuer: TokenIssuer
  readonly sign: SignToken
}

/** The extend-only index was never asked for: what it holds is taken as it is. */
const UNSEEN: RollbackState = { indexName: null, value: null, unanswered: [], resetCount: null }
const BANKS = ['sha256'] as const

/**
 * Asks a VM for evidence, makes the verdict and keeps it with what made it, in one transaction.
 *
 * @param isStarted the host started the VM since the last verdict, and extended the rollback index by a number
 *   of its own: what the index holds is then taken as it is.
 * @returns the verdict's tier; null: the VM has no vTPM, or its host has no reference values for it.
 */
export async function attest(
  vm: Resource,
  job: Job,
  ground: AttestGround,
  isStarted: boolean,
): Promise<string | null> {
  const { vmId, machine } = stateOf(vm)
  if (!securityOf(vm).vTpm) return null
  const facts = await ground.driver.facts(machine)
  if (facts === null) return null
  const state = await job.under(({ values }) => rollbackOf(values, vmId, isStarted))
  const [nonce, extendNonce] = [randomNonce(), randomNonce()]
  const pcrs = [...QUOTED_PCRS]
  const evidence = await ground.driver.collectEvidence(machine, {
    nonce,
    pcrs,
    banks: BANKS,
    extendNonce,
  })
  const input: AppraisalInput = {
    evidence,
    expectation: {
      ...facts.expectation,
      ...{ nonce, banks: BANKS, pcrs: QUOTED_PCRS, profile: 'strict' as const },
      rollback: { nonce: extendNonce, state },
    },
    references: parseReferenceValues(facts.references),
    policy: TRUSTED_LAUNCH_POLICY,
    time: ground.now(),
  }
  const { result, rollback } = appraiseEvidence(input)
  const record = encodeRecord(input, { result }, ground.issuer, ground.sign)
  await job.under(async ({ attestations, values }) => {
    const at = input.time
    const plain = JSON.parse(JSON.stringify(result)) as JsonObject
    await attestations.insert({
      id: randomUUID(),
      vmId,
      at,
      tier: result.tier,
      result: plain,
      record,
    })
    if (rollback !== null) await values.put(rollbackName(vmId), toBytes(rollback))
  })
  return result.tier
}

function rollbackName(vmId: string): string {
  return `rollback/${vmId}`
}

async function rollbackOf(
  values: Values,
  vmId: string,
  isStarted: boolean,
): Promise<RollbackState> {
  const kept = await values.get(rollbackName(vmId))
  if (kept === null) return UNSEEN
  const state = JSON.parse(new TextDecoder().decode(kept)) as RollbackState
  return isStarted ? { ...state, value: null } : state
}

function toBytes(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function randomNonce(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}
