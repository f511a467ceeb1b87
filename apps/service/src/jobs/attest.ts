import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { ArmError } from '@trusted-launch/api'
import {
  compareHostPart,
  type Expectation,
  type Finding,
  type Policy,
  QUOTED_PCRS,
  rememberQuestion,
  type Standing,
  type TokenBinding,
} from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { alertOf, alertRowsOf, observe, type Seen } from '../domain/alerts.ts'
import type { EvidenceDriver, HostFacts } from '../domain/host/evidence.ts'
import type { MachineDriver } from '../domain/host/machines.ts'
import { HostElsewhere } from '../domain/host-driver.ts'
import { planOf } from '../domain/plans.ts'
import { policyFor } from '../domain/policies.ts'
import { awaitedAlerts, referencesAfter } from '../domain/references/decide.ts'
import { noteBoot } from '../domain/references/note-boot.ts'
import { type Used, usedFor } from '../domain/references/used.ts'
import { expiredOf, LARGE_EVIDENCE_BYTES, RETENTION } from '../domain/retention.ts'
import type { Json, Resource, Tables, Turn } from '../domain/store.ts'
import { noteIntegrity } from '../domain/vm/integrity.ts'
import {
  afterStarts,
  hostResetsOf,
  identityFindings,
  keepRemembered,
  type Remembered,
  rememberedOf,
  standingAfter,
} from '../domain/vm/remembered.ts'
import { securityOf, stateOf } from '../domain/vm/vm.ts'
import { afterAnswer, afterNoAnswer, afterNothing, watchOf } from '../domain/vm/watched.ts'
import type { AppraisalAnswer, AppraisalTask } from '../workers/appraisal.ts'
import { appraisedOf } from './appraised.ts'
import type { TurnHolder, Under } from './turn-holder.ts'
import { isOurs } from './worker.ts'

export interface AttestGround {
  readonly driver: MachineDriver & EvidenceDriver
  readonly turns: TurnHolder
  readonly now: () => number
  /** Who signs now. */
  readonly signer: () => Promise<Pick<AppraisalTask, 'issuer' | 'signer'>>
  readonly appraise: (task: AppraisalTask) => Promise<AppraisalAnswer>
  /** 32 bytes that were never asked with; of chance by itself. */
  readonly nonce?: () => Uint8Array
  /** How long a guest has for its evidence. */
  readonly answerMs?: number
  /** What the nonce covers for a relying party; nothing by itself. */
  readonly binding?: TokenBinding
}

/** Who asks: its writes are refused once another took over, and it lets go when its signal says so. */
interface Asking {
  readonly under: Under
  readonly signal: AbortSignal
}

/** What came of it, and where it is kept. */
export interface Attested {
  readonly id: string
  readonly tier: string
}

interface Asked {
  readonly nonce: Uint8Array
  readonly extendNonce: Uint8Array
  /** When. */
  readonly at: number
  readonly binding?: TokenBinding
}

const BANKS = ['sha256'] as const
const ANSWER_MS = 60_000
/** How long is looked at a boot that no evidence came of. */
const LOOK_MS = 1_000
/** What was not asked by no fault of the VM's is asked again. */
const AGAIN_MS = 2_000
/** A verdict during which somebody approves or clears something is made so often; then the next one is by that. */
const TRIES = 3
/** No verdict, whatever the evidence says. */
export const ATTESTATION_FAILED = 'AttestationFailed'

/** The guest gave nothing: its silence. What fails on our side after that is none. */
class NoEvidence extends ArmError {}

/**
 * Asks a VM for evidence, makes the verdict and keeps it with what made it and what it alerts of, in one transaction.
 * One at a time for each VM, whoever asks.
 *
 * @returns null: the VM has no vTPM, or its host has no facts of it.
 * @throws {ArmError} `AttestationFailed`: its agent gave no evidence, or there is no verdict on it.
 */
export async function attest(
  vm: Resource,
  job: Asking,
  ground: AttestGround,
): Promise<Attested | null> {
  if (!securityOf(vm).vTpm) return null
  const turn = await ground.turns.take(vm, job.under, job.signal)
  return attestInTurn(vm, turn, job, ground)
}

/** The same, in a turn that was taken; it is ended. */
export function attestInTurn(
  vm: Resource,
  turn: Turn,
  { under, signal }: Asking,
  ground: AttestGround,
): Promise<Attested | null> {
  return ground.turns.hold(turn, under, async (held) => {
    const end = (after: (tables: Tables) => ReturnType<typeof afterNothing>) =>
      held(async (tables) => tables.turns.end(turn, await after(tables)))
    let facts: HostFacts | null = null
    try {
      facts = await ground.driver.facts(stateOf(vm).machine)
      if (facts !== null) return await ask(vm, turn, facts, { under: held, signal }, ground)
      await end((tables) => afterNothing(tables, turn, null))
      return null
    } catch (error) {
      const isNoAnswer = error instanceof NoEvidence
      const stopped = isNoAnswer ? await stoppedBoot(vm, turn, signal, ground) : null
      await end(async (tables) => {
        const now = ground.now()
        const found = await tables.resources.get(vm.id)
        if (!isNoAnswer || found === null) return afterNothing(tables, turn, now + AGAIN_MS)
        // A guest that is kept from answering hides nothing of its host.
        await observe(tables, found, { kind: 'host', findings: hostFindings(facts) }, now)
        if (stopped !== null) await observe(tables, found, stopped, now)
        return afterNoAnswer(tables, found, now)
      }).catch(() => {})
      throw error
    }
  })
}

/** A guest that started anew by itself and gives no evidence may be one that Secure Boot stopped: its host knows. */
async function stoppedBoot(
  vm: Resource,
  { watched }: Turn,
  signal: AbortSignal,
  { driver }: AttestGround,
): Promise<Seen | null> {
  if (watchOf(watched).awaitedSince === null) return null
  const { machine } = stateOf(vm)
  const boot = await driver.waitForBoot(machine, LOOK_MS, signal).catch(() => null)
  if (boot?.kind !== 'failed' || boot.code !== 'secure-boot-violation') return null
  return { kind: 'boot-stopped', component: boot.component ?? 'loader', detail: boot.message }
}

async function ask(
  vm: Resource,
  turn: Turn,
  facts: HostFacts,
  job: Asking,
  ground: AttestGround,
): Promise<Attested> {
  const { under } = job
  const asked: Asked = {
    ...{ nonce: (ground.nonce ?? randomNonce)(), extendNonce: randomNonce() },
    at: ground.now(),
  }
  const begun = await begin(vm, facts, asked, under)
  const { evidence, tookMs } = await orFailed(
    'its agent gives no evidence',
    () => collect(vm, begun.known, asked, job, ground),
    NoEvidence,
  )
  const { binding } = ground
  const told = taskOf(evidence, facts, begun.known, { ...asked, ...(binding && { binding }) })
  const task = { ...told, policy: begun.policy, time: ground.now(), ...(await ground.signer()) }
  const seen = { id: randomUUID(), time: task.time, asked: asked.at }
  let held: Held = { files: begun.used.files, standing: begun.known.vm.standing }
  for (let tries = 1; ; tries++) {
    const by = { ...task, memory: { ...task.memory, standing: held.standing } }
    const { answer, references } = await orFailed('the evidence was not appraised', () =>
      appraiseBy(held.files, by, vm, seen, facts, job, ground),
    )
    const kept = await under(async (tables) => {
      const found = (await tables.resources.get(vm.id)) ?? vm
      const now = await heldNow(tables, found, facts, asked.at)
      const isStill = isDeepStrictEqual(now, { files: references, standing: held.standing })
      if (!isStill && tries < TRIES) return now
      const attested = await keep(tables, found, { ...seen, begun, facts, answer })
      const after = await afterAnswer(tables, found, { asked: asked.at, tookMs }, Math.random())
      await tables.turns.end(turn, after)
      return attested
    })
    if ('tier' in kept) return kept
    held = kept
  }
}

/** What somebody may change while a VM is asked, and a verdict is made by as it is when that is kept. */
interface Held {
  /** Of reference values. */
  readonly files: readonly Uint8Array[]
  readonly standing: Standing
}

async function heldNow(
  tables: Tables,
  vm: Resource,
  facts: HostFacts,
  asked: number,
): Promise<Held> {
  const { files } = await usedNow(tables, vm, facts, asked)
  return { files, standing: (await knownOf(tables, vm, facts)).vm.standing }
}

/** The verdict by some reference values, or by those that are approved by themselves because of what it shows. */
async function appraiseBy(
  files: readonly Uint8Array[],
  task: Omit<AppraisalTask, 'references'>,
  vm: Resource,
  { id, time, asked }: Kept,
  facts: HostFacts,
  { under }: Asking,
  { appraise }: AttestGround,
): Promise<{ readonly answer: AppraisalAnswer; readonly references: readonly Uint8Array[] }> {
  const answer = await appraisedOf({ ...task, references: files }, appraise)
  if (answer.change === null) return { answer, references: files }
  const at = { attestation: id, time, asked }
  const references = await under((tables) =>
    referencesAfter(tables, vm, answer, at, facts.references),
  )
  if (references === null) return { answer, references: files }
  return { answer: await appraisedOf({ ...task, references }, appraise), references }
}

async function usedNow(tables: Tables, vm: Resource, facts: HostFacts, asked: number) {
  const plan = (await planOf(tables, vm)).references.value
  return usedFor(tables, vm, facts.references, plan, asked)
}

/** An attestation, as it is kept. */
interface Kept {
  readonly id: string
  readonly time: number
  /** When the VM was asked. */
  readonly asked: number
}

/** What a verdict is made with beside the evidence, as it is when the VM is asked. */
interface Begun {
  readonly known: Remembered
  readonly used: Used
  readonly policy: Policy
}

/** That a question is sent is kept before it is: its answer may be lost. */
function begin(vm: Resource, facts: HostFacts, asked: Asked, under: Under): Promise<Begun> {
  const { vmId } = stateOf(vm)
  return under(async (tables) => {
    const known = await knownOf(tables, vm, facts)
    await keepRemembered(tables.values, vmId, withQuestion(known, facts, asked))
    const policy = await orFailed('it is not known what it must be', () => policyFor(tables, vm))
    return { known, policy, used: await usedNow(tables, vm, facts, asked.at) }
  })
}

async function collect(
  vm: Resource,
  known: Remembered,
  { nonce, extendNonce }: Asked,
  { under, signal }: Asking,
  ground: AttestGround,
): Promise<{ readonly evidence: Evidence; readonly tookMs: number }> {
  const question = { nonce, extendNonce, pcrs: [...QUOTED_PCRS], banks: BANKS }
  const begun = ground.now()
  try {
    const collected = ground.driver.collectEvidence(stateOf(vm).machine, question)
    const evidence = await within(collected, ground.answerMs ?? ANSWER_MS, signal)
    return { evidence, tookMs: ground.now() - begun }
  } catch (error) {
    if (isOurs(error)) throw error
    await forgetUnsent(vm, known, under, ground)
    throw error
  }
}

/** The verdict, what made it, what is remembered of it, what it alerts of. Part of a transaction. */
async function keep(
  tables: Tables,
  vm: Resource,
  made: Kept & { begun: Begun; facts: HostFacts; answer: AppraisalAnswer },
): Promise<Attested> {
  const { id, begun, facts, answer, time, asked } = made
  const { tier, findings, claims, record, shared, memory, ima, earlier } = answer
  const { vmId } = stateOf(vm)
  const kept = { id, vmId, at: time, tier, findings: findings as unknown as Json[] }
  const bytes = await tables.attestations.insert({ ...kept, record }, shared ?? undefined)
  await noteIntegrity(tables, vm, tier, time)
  const run = facts.starts?.run ?? null
  const isCleared = findings.some(({ id }) => id === 'vtpm.cleared')
  const uncounted = isCleared ? run : begun.known.uncounted
  const key = findings.some(({ id }) => id === 'host.identity')
    ? begun.known.key
    : keyOf(facts.expectation)
  await keepRemembered(tables.values, vmId, { vm: memory, ima, run, uncounted, key })
  const { variant, change, boot, revocationsMissing } = answer
  const booted = { attestation: id, time, asked, tier, variant, change, boot, revocationsMissing }
  await noteBoot(tables, vm, begun.used.boots, booted)
  const result = { tier, claims, evidence: answer.evidence, findings: [...findings, ...earlier] }
  const awaited = await awaitedAlerts(tables, vm, answer, time)
  const seen = { kind: 'verdict', result, isHostSeen: facts.host !== null } as const
  await observe(tables, vm, seen, time, { attestation: id, awaited })
  if (bytes > LARGE_EVIDENCE_BYTES) await makeRoom(tables, vm, time)
  return { id, tier }
}

/** Nothing that a guest sends fills the database: what is too much goes in the same transaction, the oldest first. */
async function makeRoom(tables: Tables, vm: Resource, time: number): Promise<void> {
  const gone = await expiredOf(tables, vm, time, RETENTION)
  await tables.attestations.delete(gone.map(({ id }) => id))
}

/** What is remembered, by what became of it since: starts of the host, failures that somebody cleared. */
async function knownOf(tables: Tables, vm: Resource, facts: HostFacts): Promise<Remembered> {
  const before = await rememberedOf(tables.values, stateOf(vm).vmId)
  const { vm: memory, ...more } = afterStarts(before, facts.starts)
  if (memory.standing.failure === null) return { ...more, vm: memory }
  const alerts = (await alertRowsOf(tables, vm)).map(alertOf)
  return { ...more, vm: { ...memory, standing: standingAfter(memory.standing, alerts) } }
}

/** That the guest is asked to extend its index by this: the answer may be lost. */
function withQuestion(
  { vm, ...more }: Remembered,
  { expectation }: HostFacts,
  { extendNonce }: Asked,
): Remembered {
  return { ...more, vm: rememberQuestion(vm, expectation.generation, extendNonce) }
}

/** A question that its host never sent extended nothing: an agent that is not there is asked again and again. */
async function forgetUnsent(
  vm: Resource,
  known: Remembered,
  under: Under,
  { driver }: AttestGround,
): Promise<void> {
  const { machine, vmId } = stateOf(vm)
  const starts = (await driver.facts(machine))?.starts ?? null
  if (starts === null) return
  await under(async ({ values }) => {
    const { vm: memory, ...more } = await rememberedOf(values, vmId)
    const { rollback } = memory
    const before = known.vm.rollback.unanswered
    const unanswered = rollback.unanswered.filter(
      (nonce) => before.includes(nonce) || starts.unanswered.includes(nonce),
    )
    const now = { ...more, vm: { ...memory, rollback: { ...rollback, unanswered } } }
    await keepRemembered(values, vmId, now)
  })
}

function taskOf(
  evidence: Evidence,
  { expectation: { anchors, ...expected }, host, starts }: HostFacts,
  known: Remembered,
  { nonce, extendNonce, binding }: Asked,
): Omit<AppraisalTask, 'time' | 'issuer' | 'signer' | 'policy' | 'references'> {
  return {
    evidence,
    expectation: {
      ...expected,
      ...(binding !== undefined && { binding }),
      ...{ nonce, banks: BANKS, pcrs: QUOTED_PCRS, profile: 'strict' },
      rollback: { nonce: extendNonce, state: known.vm.rollback },
    },
    anchors: anchors.map(({ der }) => der),
    ima: known.ima,
    memory: rememberQuestion(known.vm, expected.generation, extendNonce),
    hostResets: hostResetsOf(known, starts),
    beside: [...hostFindings({ host }), ...identityFindings(known, keyOf(expected))],
  }
}

/** What the host runs the VM with, as far as it is not what it was asked to. */
function hostFindings(facts: Pick<HostFacts, 'host'> | null): Finding[] {
  const host = facts?.host ?? null
  return host === null ? [] : compareHostPart(host.actual, host.wanted)
}

/** The attestation key that the host has on record. */
function keyOf({ generation, akName }: Pick<Expectation, 'generation' | 'akName'>) {
  return { generation, akName: toHex(akName) }
}

/** What comes later is nobody's any more. @throws {HostElsewhere} whoever asked lets go of it. */
async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  const ended = new AbortController()
  const waited = sleep(ms, undefined, { signal: AbortSignal.any([ended.signal, signal]) })
  const late = waited.then(
    () => Promise.reject(new Error(`no answer in ${ms} ms`)),
    () => Promise.reject(new HostElsewhere()),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    ended.abort()
    for (const each of [work, late]) each.catch(() => {})
  }
}

/** @throws {ArmError} `AttestationFailed`, with what there was. */
async function orFailed<T>(
  what: string,
  work: () => Promise<T>,
  Failed: typeof ArmError = ArmError,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isOurs(error)) throw error
    const why = error instanceof Error ? error.message : 'no reason is known'
    const message = `The virtual machine was not attested: ${what} (${why}).`
    throw new Failed({ status: 409, code: ATTESTATION_FAILED, message }, { cause: error })
  }
}

function randomNonce(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}
