import { toUtf8 } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import { enqueue } from '../enqueue.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'
import { alignOsDisk } from '../vm/os-disk.ts'
import {
  at,
  type Former,
  generationOf,
  inputFor,
  securityOf,
  stateJson,
  stateOf,
} from '../vm/vm.ts'
import { needsNewDisk } from './model-rules.ts'
import type { ScaleSet } from './scale-set.ts'
import type { ScaleSetRules } from './scale-set-rules.ts'

/** What instances are made of, each once, by its hash. */
export function formersOf(instances: readonly Resource[]): Record<string, JsonObject> {
  return Object.fromEntries(
    instances.map(({ properties }) => [hashOf(properties), madeOf(properties)]),
  )
}

/** What an instance is now, for when it is put back to that. */
export function formerOf(instance: Resource): Former {
  const { image, imageVersion, galleryVersion, power, scaleSet } = stateOf(instance)
  const isUp = power === 'running' || power === 'starting'
  return {
    ...{ model: scaleSet!.model, isUp, properties: hashOf(instance.properties) },
    ...(image !== undefined && { image }),
    ...(imageVersion !== undefined && { imageVersion }),
    ...(galleryVersion !== undefined && { galleryVersion }),
  }
}

/**
 * Puts instances back to what they were before the rolling upgrade, as far as that is kept: each by an operation of its
 * own, with a new disk where that was of another image, or of another security type. What extensions the model brought
 * stays. Part of a transaction. @returns the operations' ids.
 */
export async function putBack(
  rules: ScaleSetRules,
  moment: Moment,
  set: ScaleSet,
  instances: readonly Resource[],
): Promise<string[]> {
  const kept = set.state.rolling?.former ?? {}
  const parts: string[] = []
  for (const instance of instances) {
    const { former } = stateOf(instance).scaleSet!
    const made = former && kept[former.properties]
    if (made === undefined) continue
    const row = await moment.tables.resources.update(
      instance.id,
      { ...backTo(instance, former!, made), provisioningState: 'Updating' },
      moment.at,
    )
    const { properties } = row
    const { isTrustedLaunch } = securityOf(row)
    await alignOsDisk(moment, properties, { isTrustedLaunch, hyperVGeneration: generationOf(row) })
    const work = { kind: 'vm.upgrade', input: inputFor(instance), host: rules.host }
    parts.push((await enqueue(moment, row, work)).id)
  }
  return parts
}

function backTo(
  instance: Resource,
  { model, isUp, properties: _, ...exact }: Former,
  made: JsonObject,
): Pick<Resource, 'properties' | 'state'> {
  const { image: __, imageVersion: ___, galleryVersion: ____, ...state } = stateOf(instance)
  const properties = withOwn(made, instance.properties)
  const { former: _____, ...membership } = state.scaleSet!
  const isOther =
    exact.image !== stateOf(instance).image || needsNewDisk(instance.properties, properties)
  const scaleSet = { ...membership, model, isStale: membership.isStale === true || isOther }
  return {
    properties,
    state: stateJson({ ...state, ...exact, ...(isUp && { power: 'starting' }), scaleSet }),
  }
}

/** What an instance keeps whatever it is brought to: its disks and interfaces, its name, and how it is protected. */
const OWN = ['networkProfile', 'osProfile', 'protectionPolicy'] as const

/** Without what an instance keeps. */
function madeOf({ storageProfile, ...rest }: JsonObject): JsonObject {
  const { osDisk: _, dataDisks: __, ...storage } = storageProfile as JsonObject
  const isMade = ([name]: [string, unknown]) => !OWN.some((own) => own === name)
  return { ...Object.fromEntries(Object.entries(rest).filter(isMade)), storageProfile: storage }
}

/** What is made of it, with what the instance has of its own. */
export function withOwn(made: JsonObject, was: JsonObject): JsonObject {
  const { osDisk, dataDisks } = at(was, 'storageProfile') as JsonObject
  return {
    ...made,
    storageProfile: {
      ...(made.storageProfile as JsonObject),
      ...{ osDisk: osDisk!, dataDisks: dataDisks! },
    },
    ...Object.fromEntries(
      OWN.flatMap((name) => (was[name] === undefined ? [] : [[name, was[name]]])),
    ),
  }
}

const hashOf = (properties: JsonObject) =>
  digestHex('sha256', toUtf8(JSON.stringify(madeOf(properties))))
