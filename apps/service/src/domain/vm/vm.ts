import type { Json, JsonObject, Resource } from '../store.ts'
import type { Unapplied } from './unapplied.ts'

export const VM = 'Microsoft.Compute/virtualMachines'
/** What is a machine on a host: a VM, or an instance of a Uniform set. */
export const MACHINE_TYPES = [
  VM,
  'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
] as const

/** What instance views call it. `PowerState/…` */
export type Power =
  | 'starting'
  | 'running'
  | 'stopping'
  | 'stopped'
  | 'deallocating'
  | 'deallocated'
  | 'unknown'

/** Something a client should know that Azure has no member for. */
export interface Notice {
  /** `TrustedLaunch/NotApplied`, `DriverAdvice/CUDA` … */
  readonly code: string
  readonly level: 'Info' | 'Warning' | 'Error'
  readonly message: string
}

/** Why a VM is not as it was asked for. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** What was refused: `loader`, `GRUB`, `kernel`; null: not told. */
  readonly component: string | null
}

/** A VM's place in its scale set. */
export interface Membership {
  readonly id: string
  /** The set's model that it was last brought to. */
  readonly model: number
  /** How many were made before it. */
  readonly number: number
  readonly faultDomain: number
  /** Its disk is to be made anew, and is not yet. */
  readonly isStale?: boolean
  /** What it was before the rolling upgrade that brought it to its model; not there: that is not kept. */
  readonly former?: Former
}

/** What an instance is put back to when it is not well after a rolling upgrade. */
export type Former = Pick<VmState, 'image' | 'imageVersion' | 'galleryVersion'> & {
  readonly model: number
  readonly isUp: boolean
  /** Which of those that the upgrade keeps. */
  readonly properties: string
}

/** What the service knows of a VM beside what was asked for. */
export interface VmState {
  /** A GUID, for the VM's whole life. */
  readonly vmId: string
  /** The VM's id on its host. */
  readonly machine: string
  readonly host: string
  readonly power: Power
  readonly notices: readonly Notice[]
  /** Paths of members that are kept and have no effect. */
  readonly notEnforced: readonly string[]
  readonly failure: Failure | null
  readonly generalized: boolean
  readonly macAddress: string
  /** On the host's loopback; null: none. */
  readonly sshPort: number | null
  /** What the host calls the image it was made of. */
  readonly image?: string
  /** The version of the marketplace's image that it was made of. */
  readonly imageVersion?: string
  /** The version of a gallery that it was made of, by its id; not there: none. */
  readonly galleryVersion?: string
  /** The version of a gallery whose keys its firmware began with, by its id; not there: the system's own. */
  readonly keysOf?: string
  /** What its own disk lacked to boot by UEFI when it was last deallocated; only of generation 1. */
  readonly lacks?: readonly string[]
  /** The image that it was made of is not marked as supporting Trusted Launch; not there: it is, or is of generation 1. */
  readonly unfit?: 'image'
  /** Generation 1; not there: 2. */
  readonly generation?: 'V1'
  /** It was of generation 1 as its image is, until its disk was converted. */
  readonly converted?: boolean
  /** Whether the agent ever answered. */
  readonly hasAgent: boolean
  /** When it last ended without being asked to, while it was looked after. */
  readonly crashedAt?: number
  /** Its network was taken away: by whom, and when. */
  readonly isolated?: { readonly by: string; readonly at: number } | null
  /** It was stopped with its host, and is started when that is resumed. */
  readonly drained?: boolean
  /** The tier of the newest verdict on what it booted last; null or not there: there is none. */
  readonly integrity?: string | null
  /** Since when an answer is awaited that is overdue; null or not there: none is. */
  readonly silentSince?: number | null
  /** The ids of disks that it does not name any more and that its host may still have. */
  readonly leaving?: readonly string[]
  /** What its own disk is made larger to than its image, or is at least where it took one; not there: it is as its image. */
  readonly osDiskGib?: number
  /** What was asked for and its host has not done. */
  readonly unapplied?: Unapplied
  /** What its host calls the restore point whose vTPM it began with, and the `vmId` of the VM whose identity that is; not there: it has its own. */
  readonly vtpmOf?: string
  readonly identityOf?: string
  /** The scale set it is an instance of. */
  readonly scaleSet?: Membership
}

export function stateOf(vm: Resource): VmState {
  return vm.state as unknown as VmState
}

/** Which VM an operation is for: another one may have its name by the time it is done. */
export function inputFor(vm: Resource): JsonObject {
  return { vmId: stateOf(vm).vmId }
}

/** A VM's state as a row keeps it. */
export function stateJson(state: VmState): JsonObject {
  return state as unknown as JsonObject
}

/** The member at a path of names, or undefined. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (one, name) =>
      typeof one === 'object' && one !== null && !Array.isArray(one) && Object.hasOwn(one, name)
        ? (one as JsonObject)[name]
        : undefined,
    value,
  )
}

export function textAt(value: Json | undefined, ...path: readonly string[]): string | null {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : null
}

export function generationOf(vm: Resource): 'V1' | 'V2' {
  return stateOf(vm).generation ?? 'V2'
}

export function osTypeOf({ properties }: Pick<Resource, 'properties'>): 'Linux' | 'Windows' {
  const osType = textAt(properties, 'storageProfile', 'osDisk', 'osType')
  return osType === 'Windows' ? osType : 'Linux'
}

/** What was decided of a VM's security, defaults filled in. */
export interface VmSecurity {
  readonly isTrustedLaunch: boolean
  readonly secureBoot: boolean
  readonly vTpm: boolean
}

export function securityOf(vm: Pick<Resource, 'properties'>): VmSecurity {
  const profile = at(vm.properties, 'securityProfile')
  const isTrustedLaunch = textAt(profile, 'securityType')?.toLowerCase() === 'trustedlaunch'
  const asked = (name: string) => isTrustedLaunch && at(profile, 'uefiSettings', name) === true
  return { isTrustedLaunch, secureBoot: asked('secureBootEnabled'), vTpm: asked('vTpmEnabled') }
}
