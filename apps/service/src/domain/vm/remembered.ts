import {
  clearFailure,
  continueByStarts,
  encodeMemory,
  type Finding,
  findingOf,
  type ImaState,
  isReverted,
  NO_MEMORY,
  parseMemory,
  type Standing,
  type VmMemory,
} from '@trusted-launch/attestation'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { type Alert, clearanceAfter } from '@trusted-launch/posture'
import type { HostStarts } from '../host/evidence.ts'
import type { Values } from '../store.ts'

/** What is remembered of a VM from one attestation to the next. */
export interface Remembered {
  readonly vm: VmMemory
  /** Of the kernel's list in this boot; null: nothing. */
  readonly ima: ImaState | null
  /** The count of resets that the counters were last held against; see `HostStarts`. */
  readonly run: string | null
  /** In this one the guest cleared its TPM: its counters say nothing until the host counts anew. */
  readonly uncounted: string | null
  /** The attestation key that its host had on record when it was first asked, by generation; null: not known. */
  readonly key: { readonly generation: number; readonly akName: string } | null
}

const UNSEEN: Remembered = {
  ...{ vm: NO_MEMORY, ima: null, run: null, uncounted: null },
  key: null,
}

/** @throws {MalformedError} what was kept cannot be read: it is never forgotten silently. */
export async function rememberedOf(values: Values, vmId: string): Promise<Remembered> {
  const kept = (await values.get(nameOf(vmId))) ?? (await values.get(`rollback/${vmId}`))
  return kept === null ? UNSEEN : read(kept)
}

export async function keepRemembered(
  values: Values,
  vmId: string,
  remembered: Remembered,
): Promise<void> {
  await values.put(nameOf(vmId), written(remembered))
}

export async function forgetRemembered(values: Values, vmId: string): Promise<void> {
  for (const name of [nameOf(vmId), `rollback/${vmId}`]) await values.delete(name)
}

/** What stays of a value when the database is an older one: how the VM stands, and nothing that went on without it. */
export function restored(kept: Uint8Array): Uint8Array {
  const { vm, key } = read(kept)
  const { generation, standing } = vm
  return written({ ...UNSEEN, key, vm: { ...NO_MEMORY, generation, standing } })
}

/** What is expected of the vTPM, by what its host says of its starts. Null: it says nothing. */
export function afterStarts(remembered: Remembered, starts: HostStarts | null): Remembered {
  if (starts === null) return remembered
  const { vm } = remembered
  const rollback = continueByStarts(vm.rollback, starts.index)
  if (!isReverted(vm.rollback, starts.index)) return { ...remembered, vm: { ...vm, rollback } }
  const { key } = remembered
  return { ...UNSEEN, key, vm: { ...vm, rollback, counters: null, boot: null } }
}

/** How often the host saw the vTPM start, as far as that can be held against its own count; null: it cannot. */
export function hostResetsOf(
  { run, uncounted }: Remembered,
  starts: HostStarts | null,
): number | null {
  if (starts === null || starts.run !== run || run === uncounted) return null
  return starts.resets
}

/**
 * Whether a host has another attestation key on record for a VM than it had: of the same generation, or of an older
 * one. A new one is of a later generation. Whoever exchanges a vTPM together with its host's record shows here.
 */
export function identityFindings(
  { key }: Remembered,
  { generation, akName }: NonNullable<Remembered['key']>,
): Finding[] {
  const isSame = key === null || generation > key.generation
  if (isSame || (generation === key.generation && akName === key.akName)) return []
  const summary = 'The host has another attestation key on record for this VM than it had.'
  const [expected, actual] = [key, { generation, akName }].map(
    (one) => `${one.akName}, generation ${one.generation}`,
  )
  return [findingOf({ id: 'host.identity', summary, expected: expected!, actual: actual! })]
}

/** The standing, once whoever closed the last alert of a failure has cleared that. */
export function standingAfter(standing: Standing, alerts: readonly Alert[]): Standing {
  const { failure } = standing
  const clearance = failure === null ? null : clearanceAfter(alerts, failure)
  return clearance === null ? standing : clearFailure(standing, clearance)
}

/** The names of these values begin so. */
export const REMEMBERED = 'memory/'

function nameOf(vmId: string): string {
  return `${REMEMBERED}${vmId}`
}

function written({ vm, ...more }: Remembered): Uint8Array {
  return toUtf8(`{"vm":${fromUtf8(encodeMemory(vm))},"more":${JSON.stringify(more)}}`)
}

function read(kept: Uint8Array): Remembered {
  const found = JSON.parse(fromUtf8(kept))
  if ('vm' in found)
    return { ...UNSEEN, ...found.more, vm: parseMemory(toUtf8(JSON.stringify(found.vm))) }
  // Of an older program: the index alone, or with what was known of the kernel's list.
  const { rollback = found, ima = null } = found
  return { ...UNSEEN, ima, vm: { ...NO_MEMORY, rollback } }
}
