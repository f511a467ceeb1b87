import {
  NO_WATCH,
  nextDue,
  silenceOf,
  type Watch,
  type WatchEvent,
  watch,
} from '@trusted-launch/posture'
import { observe } from '../alerts.ts'
import { planOf } from '../plans.ts'
import type { JsonObject, Resource, Tables, Turn, Watched } from '../store.ts'
import { setupOf } from './setup.ts'
import { type Power, securityOf, stateJson, stateOf } from './vm.ts'

/** Whoever took longer for its evidence is slow, until it answered sooner so often. */
const SOON_MS = 5_000
const SOON_ANSWERS = 8
/** So often in an hour a guest that starts anew by itself is asked at once; then by its deadline. */
const BOOTS_ASKED_MAX = 6
const HOUR_MS = 3_600_000

/** Of a VM that does not answer: asked again after this long, then twice as long, and so on. */
const RETRY_MS = 10_000
const RETRY_MAX_MS = 300_000

/** What is known of when a VM had to answer. */
export function watchOf({ watch }: Pick<Watched, 'watch'>): Watch {
  return { ...NO_WATCH, ...(watch as unknown as Partial<Watch>) }
}

/**
 * Whether a VM is asked by itself: one with a vTPM that has the guest attestation extension, or whose agent answered
 * once. What its guest does later, such as removing the agent, does not end it.
 */
async function isMonitored(tables: Tables, vm: Resource): Promise<boolean> {
  const { vTpmEnabled, hasExtension } = await setupOf(tables, vm)
  return vTpmEnabled && (hasExtension || stateOf(vm).hasAgent)
}

/** The row of a VM; a new one where it has none yet. */
export async function watchedOf({ turns }: Pick<Tables, 'turns'>, vm: Resource): Promise<Watched> {
  const { vmId } = stateOf(vm)
  const { id: resourceId, subscriptionId } = vm
  const found = await turns.get(vmId)
  if (found !== null) return found
  return { vmId, resourceId, subscriptionId, due: null, unanswered: 0, watch: {} }
}

/** What holds for a VM by its plan, in milliseconds. */
async function allowedOf(tables: Tables, vm: Resource) {
  const { intervalSeconds, silenceSeconds } = await planOf(tables, vm)
  return { intervalMs: 1000 * intervalSeconds.value, silenceMs: 1000 * silenceSeconds.value }
}

/** Its power changed, as the control plane sees it. Part of the transaction that writes it. */
export async function followPower(
  tables: Tables,
  vm: Resource,
  power: Power,
  time: number,
): Promise<void> {
  if (!securityOf(vm).vTpm) return
  const watched = await watchedOf(tables, vm)
  const { isRunning } = watchOf(watched)
  if (power === 'starting' || (power === 'running' && !isRunning))
    await follow(tables, vm, { kind: 'started', time })
  else if (isRunning && power !== 'running' && power !== 'unknown')
    await follow(tables, vm, { kind: 'stopped', time })
}

/**
 * What its host saw. A start or reset begins a deadline: that is when the VM is due, unless its agent opens its port
 * before. Part of a transaction.
 */
export async function follow(
  tables: Tables,
  vm: Resource,
  event: Exclude<WatchEvent, { kind: 'answered' }>,
): Promise<void> {
  const watched = await watchedOf(tables, vm)
  const after = watch(watchOf(watched), event)
  if (event.kind !== 'reset') await noteSilent(tables, vm, null, event.time)
  const due = await dueAtDeadline(tables, vm, after)
  await tables.turns.put({ ...watched, due, watch: jsonOf(after) })
}

async function dueAtDeadline(
  tables: Tables,
  vm: Resource,
  { isRunning, awaitedSince }: Watch,
): Promise<number | null> {
  if (!isRunning || awaitedSince === null || !(await isMonitored(tables, vm))) return null
  return awaitedSince + (await allowedOf(tables, vm)).silenceMs
}

/** When it was asked since its guest had started anew, in the last hour. */
function bootsAsked({ watch }: Pick<Watched, 'watch'>, now: number): readonly number[] {
  const times = (watch.bootsAsked ?? []) as readonly number[]
  return times.filter((at) => now - at < HOUR_MS)
}

/**
 * Its agent opened its port: a boot that no answer came after is asked for at once. A guest that starts anew again and
 * again is so six times in an hour, and by its deadline: it makes nobody appraise without end.
 */
export async function agentOpened(tables: Tables, vm: Resource, time: number): Promise<void> {
  const watched = await watchedOf(tables, vm)
  const { isRunning, awaitedSince } = watchOf(watched)
  // While an operation starts it, that one asks.
  if (!isRunning || awaitedSince === null || stateOf(vm).power !== 'running') return
  const asked = bootsAsked(watched, time)
  if (asked.length >= BOOTS_ASKED_MAX || !(await isMonitored(tables, vm))) return
  const watch = { ...watched.watch, bootsAsked: [...asked, time] }
  await tables.turns.put({ ...watched, due: time, watch })
}

/** Nobody looked for a while: a VM that runs is asked at `due` at the latest, one that nobody ever asked too. */
export async function lookAfter(tables: Tables, vm: Resource, due: number): Promise<void> {
  const watched = await watchedOf(tables, vm)
  const before = watchOf(watched)
  if (!(await isMonitored(tables, vm))) return
  const after = before.isRunning ? before : watch(before, { kind: 'started', time: due })
  const next = Math.min(due, watched.due ?? due)
  await tables.turns.put({ ...watched, due: next, watch: jsonOf(after) })
}

/** What is to be kept of a turn. */
export type AfterTurn = Parameters<Tables['turns']['end']>[1]

/**
 * It answered what it was asked at `asked`: due again within its interval, or at once when it was reset since.
 * @param tookMs how long its evidence took.
 */
export async function afterAnswer(
  tables: Tables,
  vm: Resource,
  { asked, tookMs }: { readonly asked: number; readonly tookMs: number },
  chance: number,
): Promise<AfterTurn> {
  await noteSilent(tables, vm, null, asked)
  const watched = await watchedOf(tables, vm)
  const after = watch(watchOf(watched), { kind: 'answered', asked })
  const slow = tookMs > SOON_MS ? SOON_ANSWERS : Math.max(0, (watched.slow ?? 0) - 1)
  const kept = { unanswered: 0, slow, watch: jsonOf(after) }
  if (!after.isRunning || !(await isMonitored(tables, vm))) return { ...kept, due: null }
  const { intervalMs, silenceMs } = await allowedOf(tables, vm)
  if (after.awaitedSince === null) return { ...kept, due: nextDue(asked, intervalMs, chance) }
  const isOften = bootsAsked(watched, asked).length >= BOOTS_ASKED_MAX
  return { ...kept, due: isOften ? after.awaitedSince + silenceMs : asked }
}

/** It gave no evidence: silent once its deadline is over, and asked again, less and less often. */
export async function afterNoAnswer(tables: Tables, vm: Resource, now: number): Promise<AfterTurn> {
  const watched = await watchedOf(tables, vm)
  const { slow = 0, watch } = watched
  const kept = { unanswered: watched.unanswered + 1, slow, watch }
  const known = watchOf(watched)
  if (!known.isRunning || !(await isMonitored(tables, vm))) return { ...kept, due: null }
  const allowed = await allowedOf(tables, vm)
  const silence = silenceOf(known, allowed, now)
  if (silence?.isOver) {
    await observe(tables, vm, { kind: 'silence', since: silence.since }, now)
    await noteSilent(tables, vm, silence.since, now)
  }
  const retryMs = Math.min(RETRY_MS * 2 ** watched.unanswered, RETRY_MAX_MS, allowed.intervalMs)
  const deadline = silence === null || silence.isOver ? Number.POSITIVE_INFINITY : silence.deadline
  return { ...kept, due: Math.min(now + retryMs, deadline) }
}

/** Kept with the VM, for whoever may see it; the row is written only where it is another. */
async function noteSilent(
  { resources }: Tables,
  { id }: Resource,
  silentSince: number | null,
  time: number,
): Promise<void> {
  const vm = await resources.get(id)
  if (vm === null || (stateOf(vm).silentSince ?? null) === silentSince) return
  await resources.update(id, { state: stateJson({ ...stateOf(vm), silentSince }) }, time)
}

/** How a VM is looked after, for who may see its evidence. Times are milliseconds; null: none. */
export interface Monitoring {
  /** Asked by itself; else only when somebody asks for it. */
  readonly isMonitored: boolean
  readonly nextDue: number | null
  readonly lastAnswered: number | null
  /** Since when an answer is awaited. */
  readonly awaitedSince: number | null
  readonly silentSince: number | null
  readonly unanswered: number
}

export async function monitoringOf(tables: Tables, vm: Resource): Promise<Monitoring> {
  const watched = await watchedOf(tables, vm)
  const { answered, awaitedSince, isRunning } = watchOf(watched)
  return {
    isMonitored: await isMonitored(tables, vm),
    nextDue: watched.due,
    lastAnswered: answered,
    awaitedSince: isRunning ? awaitedSince : null,
    silentSince: stateOf(vm).silentSince ?? null,
    unanswered: watched.unanswered,
  }
}

/** Nothing was asked, by no fault of the VM's: whoever is asked by itself is so again at `due`. */
export async function afterNothing(
  { turns }: Pick<Tables, 'turns'>,
  { watched }: Pick<Turn, 'watched'>,
  due: number | null,
): Promise<AfterTurn> {
  const { watch, slow = 0 } = (await turns.get(watched.vmId)) ?? watched
  return { due: watched.due === null ? null : due, unanswered: watched.unanswered, slow, watch }
}

function jsonOf(watch: Watch): JsonObject {
  return watch as unknown as JsonObject
}
