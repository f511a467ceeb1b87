import type { Severity } from '../result.ts'

/** What is always the same about a finding, by its id. `check` is its number in docs/checks.md. */
export interface FindingKind {
  readonly check: number
  readonly component: string
  readonly severity: Severity
  readonly recoverable: boolean
  readonly advice: string
}

/** What to do, where it is the same for many. */
export const ADVICE = {
  foreign:
    'Find out who answered for this VM; if its vTPM was replaced on purpose, reprovision the VM.',
  forged: 'Do not trust this VM: ask again, and look for who changes its evidence on the way.',
  badLog:
    'Do not trust this log: look for root-level tampering in the guest, or firmware that is not ours.',
  switchedOff:
    'Switch Secure Boot on, restart the VM and look again: with it off, less is measured.',
  restore: 'Restore the file from the image, or approve the change by new reference values.',
  firmware: 'Restart the VM with the firmware it was made for.',
  host: 'Look for who changes this host, or what it says; move the VM to a host you trust.',
  settings: "Put the Secure Boot settings back to the VM's template and restart it.",
} as const

/** A row of the table. */
export const row = (
  check: number,
  component: string,
  severity: Severity,
  recoverable: boolean,
  advice: string,
): FindingKind => ({ check, component, severity, recoverable, advice })
