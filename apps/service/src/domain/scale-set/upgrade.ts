import { keyOf } from '@trusted-launch/api'
import { enqueue } from '../enqueue.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'
import { alignOsDisk } from '../vm/os-disk.ts'
import { withoutSecrets } from '../vm/os-profile.ts'
import { generationOf, inputFor, stateJson, stateOf, textAt } from '../vm/vm.ts'
import { exactImageOf } from '../vm/vm-image.ts'
import { addExtensions } from './add-instances.ts'
import { instanceProperties } from './instance-properties.ts'
import { decideModel, needsNewDisk } from './model-rules.ts'
import { formerOf, withOwn } from './put-back.ts'
import { isGoing, isLatest, isProtectedFrom, type ScaleSet } from './scale-set.ts'
import type { ScaleSetRules } from './scale-set-rules.ts'

/** What a change of a set brings to its instances by itself. @returns the operations' ids; of a rolling upgrade none: it goes on for itself. */
export async function upgradeAfter(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
  here: readonly Resource[],
  goes: readonly Resource[],
): Promise<string[]> {
  const going = new Set(goes.map(({ id }) => keyOf(id)))
  const old = outdated(set, here).filter(({ id }) => !going.has(keyOf(id)))
  const isAutomatic = textAt(set.properties, 'upgradePolicy', 'mode') === 'Automatic'
  return isAutomatic ? upgradeInstances(rules, moment, set, old) : []
}

/** The instances that are not as the model says, and may be brought to it unasked. */
export function outdated(set: ScaleSet, instances: readonly Resource[]): Resource[] {
  return instances.filter(
    (each) => !isGoing(each) && !isLatest(set, each) && !isProtectedFrom(each, 'ScaleSetActions'),
  )
}

/** Those of them that whoever asks for it brings to the model: what failed on its way there is tried again. */
export function toUpgrade(set: ScaleSet, chosen: readonly Resource[]): Resource[] {
  return chosen.filter((each) => !isLatest(set, each) || each.provisioningState === 'Failed')
}

/**
 * Brings instances to the set's model: each by an operation of its own. Part of a transaction.
 * @param isKept whether each remembers what it was. @returns the operations' ids. @throws {ArmError}
 */
export async function upgradeInstances(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
  instances: readonly Resource[],
  isKept = false,
): Promise<string[]> {
  if (instances.length === 0) return []
  const { image, decision } = await decideModel(rules, moment, set)
  const parts: string[] = []
  for (const instance of instances) {
    const properties = { ...broughtTo(set, instance), ...decision.properties }
    const state = stateOf(instance)
    const exact = exactImageOf(properties, image)
    const isOther = exact.image !== state.image || needsNewDisk(instance.properties, properties)
    const isStale = state.scaleSet!.isStale === true || isOther
    const { former: _, ...membership } = state.scaleSet!
    const former = isKept && { former: formerOf(instance) }
    const scaleSet = { ...membership, model: set.state.model, isStale, ...former }
    const next = { ...state, ...exact, notices: decision.notices, scaleSet }
    await alignOsDisk(moment, properties, { ...decision, hyperVGeneration: generationOf(instance) })
    const change = { properties, state: stateJson(next), provisioningState: 'Updating' } as const
    const row = await moment.tables.resources.update(instance.id, change, moment.at)
    const input = inputFor(instance)
    parts.push((await enqueue(moment, row, { kind: 'vm.upgrade', input, host: rules.host })).id)
    parts.push(...(await addExtensions(rules, moment, set, row)))
  }
  return parts
}

/** An instance keeps its name, its disks and its interfaces; all else is the model's. */
function broughtTo(set: ScaleSet, { properties: was }: Resource): JsonObject {
  const model = withoutSecrets(instanceProperties(set, { computerName: '', interfaces: [] }, {}))
  const { osProfile: _, ...made } = model
  return withOwn(made, was)
}
