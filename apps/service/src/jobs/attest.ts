import { randomBytes, randomUUID } from 'node:crypto'
import { ArmError } from '@trusted-launch/api'
import {
  compareHostPart,
  type ImaState,
  QUOTED_PCRS,
  type RollbackState,
} from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { fromUtf8, toHex, toUtf8 } from '@trusted-launch/codec'
import { observe } from '../domain/alerts.ts'
import type { HostDriver, HostFacts } from '../domain/host-driver.ts'
import { planOf } from '../domain/plans.ts'
import { policyFor } from '../domain/policies.ts'
import { noteBoot } from '../domain/references/note-boot.ts'
import { usedFor } from '../domain/references/used.ts'
import type { Json, Resource, Values } from '../domain/store.ts'
import { noteIntegrity } from '../domain/vm/integrity.ts'
import { securityOf, stateOf } from '../domain/vm/vm.ts'
import type { AppraisalAnswer, AppraisalTask } from '../workers/appraisal.ts'
import { isOurs, type Job } from './worker.ts'

export interface AttestGround {
  readonly driver: HostDriver
  readonly now: () => number
  /** Who signs now. */
  readonly signer: () => Promise<Pick<AppraisalTask, 'issuer' | 'signer'>>
  readonly appraise: (task: AppraisalTask) => Promise<AppraisalAnswer>
  /** 32 bytes that were never asked with; of chance by itself. */
  readonly nonce?: () => Uint8Array
}

/** What came of it, and where it is kept. */
export interface Attested {
  readonly id: string
  readonly tier: string
}

/** What is remembered of a VM from one attestation to the next. */
interface Memory {
  readonly rollback: RollbackState
  readonly ima: ImaState | null
}

/** The extend-only index was never asked for: what it holds is taken as it is. */
const UNSEEN: Memory = {
  rollback: { indexName: null, value: null, unanswered: [], resetCount: null },
  ima: null,
}
const BANKS = ['sha256'] as const
/** The verifier tries no more of them. */
const UNANSWERED_MAX = 8
/** No verdict, whatever the evidence says. */
export const ATTESTATION_FAILED = 'AttestationFailed'

/**
 * Asks a VM for evidence, makes the verdict and keeps it with what made it and what it alerts of, in one transaction.
 *
 * @param isStarted the host started the VM since the last verdict, and extended the rollback index by a number
 *   of its own: what the index holds is then taken as it is.
 * @returns null: the VM has no vTPM, or its host has no reference values for it.
 * @throws {ArmError} `AttestationFailed`: its agent gave no evidence, or there is no verdict on it.
 */
export async function attest(
  vm: Resource,
  job: Job,
  ground: AttestGround,
  isStarted: boolean,
): Promise<Attested | null> {
  const { vmId, machine } = stateOf(vm)
  if (!securityOf(vm).vTpm) return null
  const facts = await ground.driver.facts(machine)
  if (facts === null) return null
  const asked = { nonce: (ground.nonce ?? randomNonce)(), extendNonce: randomNonce() }
  const { memory, used } = await job.under(async (tables) => {
    const known = await memoryOf(tables.values, vmId, isStarted)
    await keep(tables.values, vmId, withQuestion(known, asked.extendNonce))
    const plan = (await planOf(tables, vm)).references.value
    const used = await usedFor(tables, vm, facts.references, plan, ground.now())
    return { memory: known, used }
  })
  const policy = await orFailed('it is not known what it must be', () =>
    job.under((tables) => policyFor(tables, vm)),
  )
  const question = { ...asked, pcrs: [...QUOTED_PCRS], banks: BANKS }
  const evidence = await orFailed('its agent gives no evidence', () =>
    ground.driver.collectEvidence(machine, question),
  )
  const told = taskOf(evidence, facts, memory, asked)
  const task = { ...told, references: used.files, policy, ...(await ground.signer()) }
  const time = ground.now()
  const answer = await orFailed('the evidence was not appraised', () =>
    ground.appraise({ ...task, time }),
  )
  return job.under(async (tables) => {
    const { attestations, values } = tables
    const { tier, findings, claims, record, shared, rollback, ima } = answer
    const id = randomUUID()
    const kept = { id, vmId, at: time, tier, findings: findings as unknown as Json[] }
    await attestations.insert({ ...kept, record }, shared ?? undefined)
    await noteIntegrity(tables, vm, tier, time)
    const remembered = withQuestion(memory, asked.extendNonce).rollback
    await keep(values, vmId, { rollback: rollback ?? remembered, ima })
    const result = { tier, findings, claims, evidence: answer.evidence }
    const { variant, change, boot } = answer
    await noteBoot(tables, vm, used.boots, { attestation: id, time, tier, variant, change, boot })
    await observe(tables, vm, { kind: 'verdict', result }, time)
    return { id, tier }
  })
}

function taskOf(
  evidence: Evidence,
  { expectation: { anchors, ...known }, host }: HostFacts,
  { rollback: state, ima }: Memory,
  { nonce, extendNonce }: { nonce: Uint8Array; extendNonce: Uint8Array },
): Omit<AppraisalTask, 'time' | 'issuer' | 'signer' | 'policy' | 'references'> {
  return {
    evidence,
    expectation: {
      ...known,
      ...{ nonce, banks: BANKS, pcrs: QUOTED_PCRS, profile: 'strict' },
      rollback: { nonce: extendNonce, state },
    },
    anchors: anchors.map(({ der }) => der),
    ima,
    beside: host === null ? [] : compareHostPart(host.actual, host.wanted),
  }
}

/** @throws {ArmError} `AttestationFailed`, with what there was. */
async function orFailed<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isOurs(error)) throw error
    const why = error instanceof Error ? error.message : 'no reason is known'
    const message = `The virtual machine was not attested: ${what} (${why}).`
    throw new ArmError({ status: 409, code: ATTESTATION_FAILED, message }, { cause: error })
  }
}

function memoryName(vmId: string): string {
  return `rollback/${vmId}`
}

/** That the guest is asked to extend its index by this: the answer may be lost. */
function withQuestion(memory: Memory, extendNonce: Uint8Array): Memory {
  const { rollback } = memory
  const unanswered = [...rollback.unanswered, toHex(extendNonce)].slice(-UNANSWERED_MAX)
  return { ...memory, rollback: { ...rollback, unanswered } }
}

async function keep(values: Values, vmId: string, memory: Memory): Promise<void> {
  await values.put(memoryName(vmId), toUtf8(JSON.stringify(memory)))
}

async function memoryOf(values: Values, vmId: string, isStarted: boolean): Promise<Memory> {
  const kept = await values.get(memoryName(vmId))
  if (kept === null) return UNSEEN
  const read = JSON.parse(fromUtf8(kept)) as Memory | RollbackState
  // Before lists were continued, the index alone was remembered.
  const memory = 'rollback' in read ? read : { rollback: read, ima: null }
  return isStarted ? { ...memory, rollback: { ...memory.rollback, value: null } } : memory
}

function randomNonce(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}
