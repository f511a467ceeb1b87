import { availableParallelism } from 'node:os'
import { keyOf } from '@trusted-launch/api'
import { DEPLOYMENTS } from '../domain/deployment/deployment.ts'

/** Operations that wait for the same kind of thing; so many of them at once, whatever the others do. */
export interface Lane {
  readonly name: string
  readonly atOnce: number
  /** So many of one subscription at most; not there: all of them. */
  readonly ofOne?: number
  readonly kinds: readonly string[]
}

/** A boot has cores to itself where there are some. */
const BOOTS = Math.min(8, Math.max(3, availableParallelism()))

/** Which kind is of which lane: what may take minutes holds up its own lane alone. */
export const LANES: readonly Lane[] = [
  {
    name: 'quick',
    atOnce: 8,
    kinds: [
      ...['vm.update', 'vm.attachDetachDataDisks', 'vm.delete', 'vm.isolate', 'vm.connect'],
      ...['disk.delete', 'image.delete', 'snapshot.delete', 'restorePoint.delete'],
    ],
  },
  {
    name: 'boots',
    // A guest that never answers is waited for, five minutes: whoever has such ones leaves others a place.
    ...{ atOnce: BOOTS, ofOne: BOOTS - 1 },
    kinds: [
      ...['vm.create', 'vm.start', 'vm.restart', 'vm.redeploy', 'vm.reimage'],
      // A VM that runs is restarted for what it is to be.
      ...['vm.updateAndRestart', 'vm.reapply', 'vm.upgrade'],
    ],
  },
  // A guest that does not listen is waited for.
  {
    name: 'stops',
    atOnce: 8,
    kinds: ['vm.powerOff', 'vm.deallocate', 'vm.drain', 'vm.simulateEviction'],
  },
  { name: 'commands', atOnce: 2, kinds: ['vm.runCommand'] },
  // Looks at the whole fleet, in the threads that appraise: groups and sets are ended and rolled meanwhile.
  { name: 'trials', atOnce: 2, kinds: ['whatIf'] },
  { name: 'fetches', atOnce: 2, kinds: ['image.put', 'disk.fill'] },
  {
    name: 'snapshots',
    atOnce: 2,
    kinds: ['snapshot.take', 'restorePoint.take', 'vm.restore', 'vm.updateKeys'],
  },
  // Each waits for others, deployments in it for those of their own level: none stands before what it waits for.
  ...DEPLOYMENTS.map((kind) => ({ name: kind, atOnce: 32, kinds: [kind] })),
  // A guest that does not answer is waited for, a minute: whoever has such ones keeps nobody else waiting.
  {
    name: 'attestations',
    ...{ atOnce: 8, ofOne: 4 },
    kinds: ['vm.attest', 'vm.token', 'extension.put', 'drift.approved'],
  },
]

/** Kinds that no lane names, as a group's end: nothing is known of how long they take. */
const OTHERS: Omit<Lane, 'kinds'> = { name: 'others', atOnce: 2 }

const byKind = new Map(LANES.flatMap((lane) => lane.kinds.map((kind) => [kind, lane] as const)))

export function laneOf(kind: string): Omit<Lane, 'kinds'> {
  return byKind.get(kind) ?? OTHERS
}

/** Those of all kinds that wait until one of their lane ends. */
export function waitingKinds(kinds: readonly string[], running: readonly string[]): string[] {
  const counts = countsOf(running.map((kind) => laneOf(kind).name))
  return kinds.filter((kind) => (counts.get(laneOf(kind).name) ?? 0) >= laneOf(kind).atOnce)
}

/** Of lanes with a share for each: the subscriptions that have theirs, with the lane's kinds. */
export function fullIn(
  kinds: readonly string[],
  running: readonly { readonly kind: string; readonly subscriptionId: string }[],
): { readonly kinds: readonly string[]; readonly subscriptions: readonly string[] }[] {
  return LANES.flatMap(({ name, ofOne }) => {
    if (ofOne === undefined) return []
    const own = running.filter(({ kind }) => laneOf(kind).name === name)
    const counts = [...countsOf(own.map(({ subscriptionId }) => keyOf(subscriptionId)))]
    const subscriptions = counts.flatMap(([one, count]) => (count >= ofOne ? [one] : []))
    if (subscriptions.length === 0) return []
    return [{ kinds: kinds.filter((kind) => laneOf(kind).name === name), subscriptions }]
  })
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** For whom something of a lane runs, with the lane's kinds. */
export function busyIn(
  kinds: readonly string[],
  running: readonly { readonly kind: string; readonly principal: string }[],
): { readonly kinds: readonly string[]; readonly principals: readonly string[] }[] {
  const busy = new Map<string, Set<string>>()
  for (const { kind, principal } of running) {
    const { name } = laneOf(kind)
    busy.set(name, (busy.get(name) ?? new Set()).add(principal))
  }
  return [...busy].map(([name, principals]) => ({
    kinds: kinds.filter((kind) => laneOf(kind).name === name),
    principals: [...principals],
  }))
}
