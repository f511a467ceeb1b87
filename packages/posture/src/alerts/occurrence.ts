import type { Finding } from '@trusted-launch/attestation'
import type { Alert, AlertFinding } from '../alert.ts'

/** What an alert says of one observation, before it is known whether there is one already. */
export type Occurrence = Pick<
  Alert,
  'type' | 'cause' | 'severity' | 'summary' | 'findings' | 'fields' | 'evidence'
>

/** An alert keeps so many findings. */
export const findingsMax = 64

/** Findings as an alert keeps them. @param evidence SHA-256 of the one that shows them; null: none does. */
export function kept(findings: readonly Finding[], evidence: string | null): AlertFinding[] {
  return findings.slice(0, findingsMax).map((finding) => {
    const { id, component, summary, pcr, events, expected, actual, advice } = finding
    return { id, component, summary, pcr, events, expected, actual, advice, evidence }
  })
}

/** `kernel, initrd and 3 more`. */
export function componentsOf(findings: readonly { readonly component: string }[]): string {
  const names = [...new Set(findings.map(({ component }) => component))]
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

/** Whether a finding weighs enough to fail a VM or to raise an alert. */
export function isGrave({ severity }: Finding): boolean {
  return severity === 'medium' || severity === 'high'
}
