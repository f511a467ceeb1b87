import { keyOf } from '@trusted-launch/api'
import type { Moment } from '../resource-type.ts'
import type { Resource } from '../store.ts'
import { withDiskRoom } from '../vm/disk-room.ts'
import { addInstances } from './add-instances.ts'
import { removeInstances } from './remove-instances.ts'
import {
  instancesOf,
  isGoing,
  isHealthy,
  isLatest,
  type ScaleSet,
  type ScaleSetState,
  scaleSetStateJson,
} from './scale-set.ts'
import type { ScaleSetRules } from './scale-set-rules.ts'

/** Makes as many instances as are to go, of the set's model; these go once the others are well. Part of a transaction. @returns the set's state from then on. @throws {ArmError} there is no room for both. */
export async function replace(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
  goes: readonly Resource[],
): Promise<ScaleSetState> {
  if (goes.length === 0) return set.state
  const { next, uniqueId, rolling } = set.state
  const secrets = await rules.secretsOf(moment.tables, uniqueId)
  const numbers = goes.map((_, i) => next + i)
  await withDiskRoom(moment.tables, rules.diskGib, () =>
    addInstances(rules, moment, set, secrets, numbers),
  )
  const replaced = goes.map(({ id }) => id)
  return { ...set.state, next: next + numbers.length, rolling: { ...rolling!, replaced } }
}

/** Whether a batch's former instances are there yet. */
export function isReplacing({ state }: ScaleSet): boolean {
  return (state.rolling?.replaced ?? []).length > 0
}

/**
 * Of a batch that was made anew one goes for each that came: the former one where the new one is well, else the new
 * one. So there are as many as before, however it ends. Part of a transaction. @returns the set's state from then on.
 */
export async function endBatch(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
): Promise<ScaleSetState> {
  const { rolling } = set.state
  const replaced = new Set((rolling?.replaced ?? []).map(keyOf))
  if (replaced.size === 0) return set.state
  const here = (await instancesOf(moment.tables, set)).filter((each) => !isGoing(each))
  const former = here.filter(({ id }) => replaced.has(keyOf(id)))
  const came = here.filter((each) => isLatest(set, each)).slice(-replaced.size)
  const well = came.filter(isHealthy).length
  const goes = [...former.slice(0, well), ...came.filter((each) => !isHealthy(each))]
  await removeInstances(rules.host, moment, goes)
  const { replaced: _, ...rest } = rolling!
  const state = { ...set.state, rolling: rest }
  await moment.tables.resources.update(set.id, { state: scaleSetStateJson(state) }, moment.at)
  return state
}
