import { MalformedError } from '@trusted-launch/codec'
import { BootChainError } from '../errors.ts'
import type { BootChain } from '../walk.ts'

/** What of an image is looked at, in this order. */
export const EXAMINED = [
  'partition table',
  'EFI system partition',
  'boot loader',
  'next stage',
  'kernel',
  'TPM driver',
  'IMA',
  'cloud-init',
  'agent',
  'reference values',
] as const
export type Examined = (typeof EXAMINED)[number]

/** One thing that was looked at: whether it works here, why it is said, and what to do. */
export interface ExaminedRow {
  readonly what: Examined
  readonly state: 'works' | 'does not' | 'cannot tell'
  readonly reason: string
  /** What to do about it; null: nothing. */
  readonly advice: string | null
}

/** What will boot, as far as it can be followed; else why not. */
export type Followed =
  | { readonly chain: BootChain; readonly fault: null }
  | { readonly chain: null; readonly fault: string }

/** What somebody's image is good for. */
export interface Examination {
  readonly rows: readonly ExaminedRow[]
  /** `V2`: it starts by UEFI from a GUID partition table. `V1`: it does not. */
  readonly hyperVGeneration: 'V1' | 'V2'
  /** What a machine that starts it must have; null: nothing could start it. */
  readonly startsBy: 'UEFI' | 'BIOS' | null
  readonly architecture: 'x64' | 'Arm64'
  readonly osType: 'Linux' | 'Windows'
  /** `debian`, `ubuntu` …, as its own os-release says; null: not known. */
  readonly distribution: string | null
  /** As Azure marks images; null: VMs of it are no Trusted Launch VMs by default. */
  readonly securityType: 'TrustedLaunchSupported' | null
  /** The same in a sentence. */
  readonly conclusion: string
  /** Of the disk as a machine sees it. */
  readonly sizeBytes: number
}

const rowOf =
  (state: ExaminedRow['state']) =>
  (what: Examined, reason: string, advice: string | null = null): ExaminedRow => ({
    ...{ what, state, reason, advice },
  })
export const works = rowOf('works')
export const doesNot = rowOf('does not')
export const cannotTell = rowOf('cannot tell')

/** A row; of what cannot be read it says that, in the reader's words. */
export function rowOr(
  otherwise: (what: Examined, reason: string) => ExaminedRow,
  what: Examined,
  look: () => ExaminedRow,
): ExaminedRow {
  try {
    return look()
  } catch (e) {
    if (e instanceof MalformedError || e instanceof BootChainError)
      return otherwise(what, reasonOf(e))
    throw e
  }
}

export function reasonOf(error: MalformedError | BootChainError): string {
  if (error instanceof BootChainError) return error.message
  return error.path === '' ? error.reason : `${error.path}: ${error.reason}`
}
