import { ArmError, faults } from '@trusted-launch/api'
import type { JsonObject, Resource } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { accessOf, isOpen } from './access.ts'

/** What a new disk whose bytes are sent waits for: them, or that they become a disk. */
export type UploadState = 'waiting' | 'taken'

const GIB = 2 ** 30
const MIB = 2 ** 20
const GIB_MAX = 32_767
const FOOTER_BYTES = 512
const BYTES = 'creationData.uploadSizeBytes'
/** So long a disk waits for its bytes after the last access to it. */
const WAITS_MS = 24 * 60 * 60 * 1000

/** Null: it is none whose bytes are sent, or they are there. */
export function uploadStateOf({ state }: Pick<Resource, 'state'>): UploadState | null {
  return (textAt(state, 'upload') as UploadState | null) ?? null
}

/** How many bytes are sent. @throws {ArmError} */
export function uploadBytesIn(properties: JsonObject): number {
  const bytes = at(properties, 'creationData', 'uploadSizeBytes')
  if (bytes == null) throw new ArmError(faults.missingParameter(BYTES))
  if (Number.isSafeInteger(bytes) && Number(bytes) > 0 && Number(bytes) <= GIB_MAX * GIB + MIB)
    return Number(bytes)
  throw new ArmError(faults.invalidParameter(BYTES))
}

/** As large as what is sent; a fixed VHD's footer is none of it. What is sent packed may be a larger disk: that is seen when it is there. */
export function uploadGib(properties: JsonObject): number {
  const bytes = uploadBytesIn(properties)
  const withoutFooter = bytes % MIB === FOOTER_BYTES ? bytes - FOOTER_BYTES : bytes
  return Math.max(1, Math.ceil(withoutFooter / GIB))
}

/** In Azure's words. */
export function diskStateOf(disk: Resource, now: number): string {
  const access = accessOf(disk)
  const upload = uploadStateOf(disk)
  if (upload === 'taken') return 'ActiveUpload'
  if (upload === 'waiting') return isOpen(access, now) ? 'ActiveUpload' : 'ReadyToUpload'
  if (textAt(disk.state, 'managedBy') !== null) return 'Attached'
  return isOpen(access, now) ? 'ActiveSAS' : 'Unattached'
}

/** Nobody sent its bytes for a day: it is not going to be one. */
export function isForgotten(disk: Resource, now: number): boolean {
  const { provisioningState, changedAt } = disk
  if (uploadStateOf(disk) !== 'waiting' || provisioningState !== 'Creating') return false
  return changedAt < now - WAITS_MS && (accessOf(disk)?.until ?? 0) < now - WAITS_MS
}
