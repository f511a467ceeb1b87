import type { Finding } from '@trusted-launch/attestation'
import type { Setup, Verdict } from './machine.ts'

/** Something that was seen of a VM, to be held against its alerts. */
export type Observation = {
  readonly vm: string
  /** Milliseconds since 1970. */
  readonly time: number
  /** As it was configured then. */
  readonly setup: Setup
} & (
  | {
      readonly kind: 'verdict'
      /** With what memory found (`withMemory`). */
      readonly result: Verdict
      /** Whether what its host runs was held against what it was asked to, too. */
      readonly isHostSeen?: boolean
    }
  | {
      readonly kind: 'host'
      /** What the host's statement, or a look at the host, found: `host.…` and `vtpm.…`. None: all is as asked for. */
      readonly findings: readonly Finding[]
    }
  | {
      readonly kind: 'boot-stopped'
      /** What Secure Boot refused: `shim`, `GRUB`, `kernel`. */
      readonly component: string
      readonly detail: string
    }
  | {
      /** Its vTPM went away while it ran: it stands still. */
      readonly kind: 'vtpm-lost'
    }
  | {
      readonly kind: 'silence'
      /** Since when an answer is awaited; see `silenceOf`. */
      readonly since: number
    }
)

/** The observation of one kind. */
export type Observed<K extends Observation['kind']> = Extract<Observation, { kind: K }>
