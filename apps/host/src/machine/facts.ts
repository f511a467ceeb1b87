import { type Invocation, invocationOf } from '../invocation.ts'
import type { VtpmFacts, VtpmKeeper, VtpmStarts } from '../vtpm-port.ts'
import type { MachineLife } from './life.ts'

/** What a host knows of the starts of a VM's vTPM. */
export type MachineStarts = Pick<VtpmStarts, 'index' | 'pending'> & {
  /** What the TPM's own count must be, up to a number that stays the same while `run` does. */
  readonly resets: number
  readonly run: string
}

/** What a host runs a VM with, and what is on record of it. */
export interface MachineFacts {
  /** How its QEMU was to be started, and how it runs; null: it does not, or its start was not written down. */
  readonly qemu: { readonly asked: Invocation; readonly actual: Invocation } | null
  /** Null: it has no vTPM. */
  readonly vtpm: VtpmFacts | null
  /** Its variable store's file when it stopped, and when it started after that; null: it does not run, or nobody saw it stop. */
  readonly store: { readonly stopped: string; readonly started: string } | null
}

/** Null: it has no vTPM, or does not run. @throws {VtpmError} */
export async function startsOf(
  { live, record }: MachineLife,
  keeper: VtpmKeeper,
): Promise<MachineStarts | null> {
  if (record.identity === null || live === null) return null
  const { index, pending, resetCount, counting } = await keeper.starts(record.spec.id)
  const { since, count } = live.boots.seen
  const isWhole = since === 'launch'
  // The firmware starts it once by itself: at the launch, and after each reset.
  const resets = isWhole ? resetCount + 1 + count : count
  return { index, pending, resets, run: isWhole ? `launch ${counting}` : since }
}

/** As the host's kernel and its vTPM's keeper tell. @throws {VtpmError} */
export async function factsOf(
  { record, vtpm }: MachineLife,
  keeper: VtpmKeeper,
): Promise<MachineFacts> {
  const { qemu = null, asked } = record.run ?? {}
  const { stopped = null, started = null } = record.store ?? {}
  const actual = qemu === null ? null : invocationOf(qemu)
  return {
    qemu: actual === null || asked === undefined ? null : { asked, actual },
    vtpm: record.identity === null ? null : await keeper.facts(vtpm.required().place),
    store: stopped === null || started === null ? null : { stopped, started },
  }
}
