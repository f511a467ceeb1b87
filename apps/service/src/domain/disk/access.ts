import { ArmError, checkBody, faults } from '@trusted-launch/api'
import type { Json, JsonObject, Resource } from '../store.ts'
import { textAt } from '../vm/vm.ts'

/** That whoever has an address may read or write a disk's bytes, for a while. */
export interface Access {
  /** Part of the address: another access has another one. */
  readonly id: string
  readonly level: 'Read' | 'Write'
  /** Milliseconds since 1970. */
  readonly until: number
  /** Whether the guest state has an address, too. */
  readonly guestState: boolean
  /** False: the copy that is to be read is being made. */
  readonly isReady: boolean
}

/** What is asked for. */
export type AskedAccess = Pick<Access, 'level' | 'guestState'> & {
  readonly seconds: number
  /** How a disk is read: its bytes alone, or as a fixed VHD. */
  readonly format: 'raw' | 'vhd'
}

/** Such an address is a secret that nobody can take back from who copied it: a day at most. */
export const SECONDS_MAX = 86_400

/** What a disk's bytes are copied to while they may be read: named as a snapshot of it. */
export const copyOf = (diskId: string): string => `${diskId}/access`
/** What a disk's bytes are sent to. */
export const uploadOf = (diskId: string): string => `${diskId}/upload`
/** What its guest state is sent to. */
export const guestStateOf = (diskId: string): string => `${diskId}/guestState`

/** The one that was given last, over or not; null: none, or it was ended. */
export function accessOf({ state }: Pick<Resource, 'state'>): Access | null {
  return (state.access as unknown as Access | undefined) ?? null
}

export function isOpen(access: Access | null, at: number): boolean {
  return access !== null && access.until > at
}

export function withAccess(state: JsonObject, access: Access | null): JsonObject {
  const { access: _, ...rest } = state
  return access === null ? rest : { ...rest, access: access as unknown as JsonObject }
}

/** @throws {ArmError} it is no such request, or asks for what is not done. */
export function askedAccess(body: JsonObject): AskedAccess {
  const { access, durationInSeconds, getSecureVMGuestStateSAS, fileFormat } = checkBody(
    'GrantAccessData',
    body,
  ) as JsonObject
  if (access !== 'Read' && access !== 'Write') throw new ArmError(faults.invalidParameter('access'))
  const seconds = Number(durationInSeconds ?? Number.NaN)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > SECONDS_MAX)
    throw new ArmError({
      ...faults.invalidParameter('durationInSeconds'),
      message: `The value of parameter durationInSeconds is invalid: 1 to ${SECONDS_MAX}, a day.`,
    })
  const format = formatIn(fileFormat)
  return { level: access, guestState: getSecureVMGuestStateSAS === true, seconds, format }
}

/** A fixed VHD, as at Azure; `Raw` is of this service alone. @throws {ArmError} */
function formatIn(fileFormat: Json | undefined): AskedAccess['format'] {
  const format = String(fileFormat ?? 'VHD').toLowerCase()
  if (format === 'vhd' || format === 'raw') return format
  throw new ArmError(
    faults.operationNotAllowed(
      `'fileFormat' is 'VHD', a fixed one, or 'Raw' at this host: '${String(fileFormat).slice(0, 20)}' is not offered.`,
      'fileFormat',
    ),
  )
}

/** Only who started a VM with keys of its own has a guest state. @throws {ArmError} */
export function requireGuestState({ name, properties }: Resource): void {
  if (textAt(properties, 'securityProfile', 'securityType') === 'TrustedLaunch') return
  throw new ArmError(
    faults.operationNotAllowed(
      `Disk ${name} has no guest state: its securityType is not 'TrustedLaunch'.`,
      'getSecureVMGuestStateSAS',
    ),
  )
}

/** Whoever has its address would be cut off. @throws {ArmError} */
export function requireNoAccess(resource: Resource, at: number): void {
  const access = accessOf(resource)
  if (access === null || !isOpen(access, at)) return
  const doing = access.level === 'Read' ? 'read' : 'written'
  throw new ArmError(
    faults.operationNotAllowed(
      `${resource.name} may be ${doing} by its address until ${new Date(access.until).toISOString()}: end that access first (endGetAccess).`,
    ),
  )
}
