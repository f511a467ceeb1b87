import { ArmError, faults } from '@trusted-launch/api'
import { enqueue } from '../enqueue.ts'
import { listIn } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { Resource, Tables } from '../store.ts'
import { requireAllUnlocked } from '../vm/belongings.ts'
import { at, inputFor, stateOf } from '../vm/vm.ts'
import { isGoing, isProtectedFrom, type ScaleSet, scaleSetOf } from './scale-set.ts'

/** They are on their way out: each by an operation of its own. Part of a transaction. @returns the operations' ids. @throws {ArmError} */
export async function removeInstances(
  host: string,
  moment: Moment,
  instances: readonly Resource[],
): Promise<string[]> {
  const parts: string[] = []
  for (const instance of instances) {
    if (isGoing(instance)) continue
    await requireAllUnlocked(moment.tables, instance)
    await moment.tables.resources.update(instance.id, { provisioningState: 'Deleting' }, moment.at)
    const work = { kind: 'vm.delete', input: inputFor(instance), host }
    parts.push((await enqueue(moment, instance, work)).id)
  }
  return parts
}

/** What `scaleInPolicy.rules` may say. */
const RULES = ['Default', 'OldestVM', 'NewestVM'] as const

/**
 * Which instances go, so that so many are left: those that failed first, then of the fullest zone and fault domain the
 * newest (`Default`, `NewestVM`) or the oldest. Protected ones stay. @throws {ArmError} more are protected than may stay.
 */
export function leaving(
  set: ScaleSet,
  instances: readonly Resource[],
  remaining: number,
): Resource[] {
  const here = instances.filter((each) => !isGoing(each))
  const free = here.filter((each) => !isProtectedFrom(each, 'ScaleIn'))
  const count = Math.max(0, here.length - remaining)
  if (count > free.length)
    throw new ArmError(
      faults.operationNotAllowed(
        `${here.length - free.length} instances of '${set.name}' are protected from scaling in: it cannot have ${remaining}.`,
        'sku.capacity',
      ),
    )
  const isOldest = ruleOf(set) === 'OldestVM'
  const places = new Map(here.map((each) => [each, placeOf(each)]))
  const crowds = new Map<string, number>()
  for (const place of places.values()) crowds.set(place, (crowds.get(place) ?? 0) + 1)
  const rest = new Set(free.sort((a, b) => (isOldest ? 1 : -1) * (numberOf(a) - numberOf(b))))
  return Array.from({ length: count }, () => {
    const next = first(rest)
    rest.delete(next)
    const place = places.get(next)!
    crowds.set(place, crowds.get(place)! - 1)
    return next
  })

  /** They are in the order in which they go, but for these two. */
  function first(all: Iterable<Resource>): Resource {
    let [best, bestCrowd, isBestFailed]: [Resource | null, number, boolean] = [null, 0, false]
    for (const each of all) {
      const isFailed = each.provisioningState === 'Failed'
      const crowd = crowds.get(places.get(each)!)!
      const isBetter = isFailed === isBestFailed ? crowd > bestCrowd : isFailed
      if (best === null || isBetter) [best, bestCrowd, isBestFailed] = [each, crowd, isFailed]
    }
    return best!
  }
}

function numberOf(instance: Resource): number {
  return stateOf(instance).scaleSet?.number ?? 0
}

function placeOf(instance: Resource): string {
  return JSON.stringify([
    at(instance.envelope, 'zones') ?? [],
    stateOf(instance).scaleSet?.faultDomain,
  ])
}

function ruleOf({ properties }: ScaleSet): string {
  return String(listIn(at(properties, 'scaleInPolicy', 'rules'))[0] ?? 'Default')
}

/** @throws {ArmError} `InvalidParameter` */
export function requireScaleInPolicy({ properties }: Pick<ScaleSet, 'properties'>): void {
  const rules = listIn(at(properties, 'scaleInPolicy', 'rules'))
  const isGood = rules.length <= 1 && rules.every((rule) => RULES.some((known) => known === rule))
  if (!isGood) throw new ArmError(faults.invalidParameter('scaleInPolicy.rules'))
}

/** A set whose instance goes by itself wants one less. Part of a transaction. */
export async function lowerCapacity(
  tables: Tables,
  instances: readonly Resource[],
  now: number,
): Promise<void> {
  const [first] = instances
  const setId = first === undefined ? undefined : stateOf(first).scaleSet?.id
  const row = setId === undefined ? null : await tables.resources.get(setId)
  if (row === null) return
  const { envelope } = scaleSetOf(row)
  const sku = at(envelope, 'sku') as Record<string, string | number>
  const capacity = Math.max(
    0,
    Number(sku.capacity ?? 0) - instances.filter((each) => !isGoing(each)).length,
  )
  await tables.resources.update(
    row.id,
    { envelope: { ...envelope, sku: { ...sku, capacity } } },
    now,
  )
}
