import { everyOf } from '../every-of.ts'
import type { Link } from '../links.ts'
import type { Json, JsonObject, Resource, Tables } from '../store.ts'
import { at, type Notice, stateOf, textAt, VM } from '../vm/vm.ts'

export const SCALE_SET = 'Microsoft.Compute/virtualMachineScaleSets'
/** An instance of a Uniform set; those of a Flexible one are VMs. */
export const INSTANCE = `${SCALE_SET}/virtualMachines`

/** What the service knows of a set beside what was asked for. */
export interface ScaleSetState {
  /** A GUID, for the set's whole life. */
  readonly uniqueId: string
  /** Raised by each change of what instances are made of. */
  readonly model: number
  /** The number of the next instance: none is given twice. */
  readonly next: number
  readonly notices: readonly Notice[]
  /** Paths of members that are kept and have no effect. */
  readonly notEnforced: readonly string[]
  /** Why VMs of the model's image can't be Trusted Launch; null: they can; not there: nobody looked. */
  readonly unfit?: 'generation-1' | 'image' | null
  /** The latest rolling upgrade: its operation, and when its last batch began. */
  readonly rolling?: {
    readonly operation: string
    readonly startedAt: number
    readonly batchAt: number
    /** The instances that the last batch takes the place of, by their ids. */
    readonly replaced?: readonly string[]
    /** What instances were made of before it, each once, by its hash: an instance's `former` names one. */
    readonly former?: Readonly<Record<string, JsonObject>>
    /** Why it ended, and the operations that put instances back. */
    readonly breach?: { readonly message: string; readonly parts: readonly string[] }
  }
}

/** A set as it is, or as it is about to be. */
export type ScaleSet = Pick<
  Resource,
  'id' | 'name' | 'subscriptionId' | 'resourceGroup' | 'location' | 'tags'
> & {
  readonly envelope: JsonObject
  readonly properties: JsonObject
  readonly state: ScaleSetState
}

export function scaleSetOf(row: Resource): ScaleSet {
  return { ...row, state: row.state as unknown as ScaleSetState }
}

export function scaleSetStateJson(state: ScaleSetState): JsonObject {
  return state as unknown as JsonObject
}

/** Uniform unless asked for: so it is in every version of Azure's API. */
export function isFlexible({ properties }: Pick<ScaleSet, 'properties'>): boolean {
  return textAt(properties, 'orchestrationMode')?.toLowerCase() === 'flexible'
}

export function instanceTypeOf(set: Pick<ScaleSet, 'properties'>): string {
  return isFlexible(set) ? VM : INSTANCE
}

/** How many instances are wanted. */
export function capacityOf({ envelope }: Pick<ScaleSet, 'envelope'>): number {
  return Number(at(envelope, 'sku', 'capacity') ?? 0)
}

/** What instances are made of; a Flexible set may have none, and VMs that join it. */
export function modelOf({ properties }: Pick<ScaleSet, 'properties'>): JsonObject | null {
  return (at(properties, 'virtualMachineProfile') ?? null) as JsonObject | null
}

/** As clients name it: a number, or the VM's name. */
export function instanceIdOf({ id }: Pick<Resource, 'id'>): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** All of a set's instances, those that are on their way in or out too, in the order they were made. */
export async function instancesOf(
  tables: Pick<Tables, 'resources'>,
  set: Pick<ScaleSet, 'id' | 'properties'>,
): Promise<Resource[]> {
  const rows: Resource[] = []
  for await (const row of everyOf(tables, { type: instanceTypeOf(set), parentId: set.id }))
    rows.push(row)
  return rows.sort((a, b) => a.createdAt - b.createdAt || numberOf(a) - numberOf(b))
}

/** By the order it was made in, where its name is none. */
function numberOf(instance: Resource): number {
  return stateOf(instance).scaleSet?.number ?? 0
}

/** Whether it is as the set's model says. */
export function isLatest(set: ScaleSet, instance: Resource): boolean {
  return stateOf(instance).scaleSet?.model === set.state.model
}

export function isGoing({ provisioningState }: Pick<Resource, 'provisioningState'>): boolean {
  return provisioningState === 'Deleting'
}

/** It came up when it was last started, or was stopped by somebody. */
export function isHealthy(instance: Resource): boolean {
  const { failure, power } = stateOf(instance)
  return instance.provisioningState === 'Succeeded' && failure === null && power !== 'unknown'
}

/** Kept from scaling in, or from what is done with the whole set. */
export function isProtectedFrom(
  instance: Pick<Resource, 'properties'>,
  what: 'ScaleIn' | 'ScaleSetActions',
): boolean {
  const policy: Json | undefined = at(instance.properties, 'protectionPolicy')
  return at(policy, `protectFrom${what}`) === true
}

/** The set that a VM names: joining it changes it. */
export function scaleSetLink(properties: JsonObject): Link[] {
  const id = textAt(properties, 'virtualMachineScaleSet', 'id')
  const path = 'properties.virtualMachineScaleSet.id'
  return id === null ? [] : [{ id, type: SCALE_SET, action: `${SCALE_SET}/write`, path }]
}
