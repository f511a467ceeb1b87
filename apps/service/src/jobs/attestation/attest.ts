import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { TokenBinding } from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { observe, type Seen } from '../../domain/alerts.ts'
import type { EvidenceDriver, HostFacts, HostStarts } from '../../domain/host/evidence.ts'
import type { MachineDriver } from '../../domain/host/machines.ts'
import { referencesAfter } from '../../domain/references/decide.ts'
import type { Resource, Tables, Turn } from '../../domain/store.ts'
import { securityOf, stateOf } from '../../domain/vm/vm.ts'
import { afterAnswer, afterNoAnswer, afterNothing, watchOf } from '../../domain/vm/watched.ts'
import type { AppraisalAnswer, AppraisalTask } from '../../workers/appraisal.ts'
import type { TurnHolder, Under } from '../turn-holder.ts'
import { hostFindings, taskOf } from './appraisal-task.ts'
import { appraisedOf } from './appraised.ts'
import { type Begun, begin, type Held, heldNow } from './begin.ts'
import { NoEvidence, orFailed } from './failed.ts'
import { keepIndex } from './keep-index.ts'
import { type Kept, keep } from './keep-verdict.ts'
import { type Asked, collect, randomNonce } from './question.ts'

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
export interface Asking {
  readonly under: Under
  readonly signal: AbortSignal
}

/** What came of it, and where it is kept. */
export interface Attested {
  readonly id: string
  readonly tier: string
}

/** How long is looked at a boot that no evidence came of. */
const LOOK_MS = 1_000
/** What was not asked by no fault of the VM's is asked again. */
const AGAIN_MS = 2_000
/** A verdict during which somebody approves or clears something is made so often; then the next one is by that. */
const TRIES = 3

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
  const asked: Asked = {
    ...{ nonce: (ground.nonce ?? randomNonce)(), extendNonce: randomNonce() },
    at: ground.now(),
  }
  const begun = await begin(vm, facts, asked, job.under)
  const answered = await orFailed(
    'its agent gives no evidence',
    () => collect(vm, begun.known, asked, job, ground),
    NoEvidence,
  )
  try {
    return await judge(vm, turn, facts, begun, { ...asked, ...answered }, job, ground)
  } catch (error) {
    const { evidence } = answered
    await keepIndex(vm, evidence, facts, begun.known, asked, job.under).catch(() => {})
    throw error
  }
}

type Answered = Asked & { readonly evidence: Evidence; readonly tookMs: number }

async function judge(
  vm: Resource,
  turn: Turn,
  facts: HostFacts,
  begun: Begun,
  { evidence, tookMs, ...asked }: Answered,
  job: Asking,
  ground: AttestGround,
): Promise<Attested> {
  const { under } = job
  const { binding } = ground
  const counted = { ...facts, starts: await unmoved(vm, facts, ground) }
  const told = taskOf(evidence, counted, begun.known, { ...asked, ...(binding && { binding }) })
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

/** The starts that the host told of before, unless there was one while the guest answered: in which of them it did is not known. */
async function unmoved(
  vm: Resource,
  { starts }: HostFacts,
  { driver }: AttestGround,
): Promise<HostStarts | null> {
  if (starts === null) return null
  const now = (await driver.facts(stateOf(vm).machine))?.starts
  return now?.run === starts.run && now.resets === starts.resets ? starts : null
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
