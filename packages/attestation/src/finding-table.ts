import { bootFindings } from './findings/boot.ts'
import { eventLogFindings } from './findings/event-log.ts'
import { identityFindings } from './findings/identity.ts'
import { imaFindings } from './findings/ima.ts'
import { inputFindings } from './findings/input.ts'
import type { FindingKind } from './findings/kind.ts'
import { memoryFindings } from './findings/memory.ts'
import { policyFindings } from './findings/policy.ts'
import { quoteFindings } from './findings/quote.ts'
import { referencesFindings } from './findings/references.ts'
import { secureBootFindings } from './findings/secure-boot.ts'
import { toleratedFindings } from './findings/tolerated.ts'
import { vtpmFindings } from './findings/vtpm.ts'
import { windowsFindings } from './findings/windows.ts'
import type { Finding, Severity } from './result.ts'
import { TOLERANCES, type ToleranceName } from './tolerances.ts'

export type { FindingKind } from './findings/kind.ts'

/** What is particular to one occurrence. */
export interface Occurrence {
  readonly id: FindingId
  readonly summary: string
  readonly component?: string
  readonly severity?: Severity
  readonly pcr?: number | null
  readonly events?: readonly number[]
  readonly expected?: string | null
  readonly actual?: string | null
  /** What it is in an imported log, where the profile takes it. */
  readonly tolerance?: ToleranceName | null
}

/**
 * Every finding there is, in the order in which they are told when they weigh the same: first what
 * a person needs to know, then what follows from it. A finding more is a row more, in its subject's file.
 */
export const FINDINGS = {
  ...inputFindings,
  ...identityFindings,
  ...quoteFindings,
  ...eventLogFindings,
  ...secureBootFindings,
  ...referencesFindings,
  ...bootFindings,
  ...imaFindings,
  ...windowsFindings,
  ...vtpmFindings,
  ...policyFindings,
  ...memoryFindings,
  ...toleratedFindings,
} as const satisfies Record<string, FindingKind>

/** The id of a finding. Stable: it is never given another meaning. */
export type FindingId = keyof typeof FINDINGS

/** A finding out of its kind and what is particular to it. */
export function findingOf(given: Occurrence): Finding {
  const kind: FindingKind = FINDINGS[given.id]
  return {
    // check 43
    id: given.id,
    // check 43
    component: given.component ?? kind.component,
    summary: given.summary,
    // check 43
    severity: given.severity ?? kind.severity,
    pcr: given.pcr ?? null,
    events: given.events ?? [],
    expected: given.expected ?? null,
    actual: given.actual ?? null,
    // check 43
    recoverable: kind.recoverable,
    // check 43
    advice: kind.advice,
  }
}

/** The same as the use of its tolerance: no refusal, but told. */
export function toleratedOf(given: Occurrence & { readonly tolerance: ToleranceName }): Finding {
  const { tolerance, severity: _, component: __, ...about } = given
  const summary = `${given.summary} Tolerated: ${TOLERANCES[tolerance].what}`
  return findingOf({ ...about, id: `tolerated.${tolerance}`, summary })
}

const weights: readonly Severity[] = ['high', 'medium', 'low', 'info']
const places = new Map(Object.keys(FINDINGS).map((id, i) => [id, i]))

/** Whether the first weighs more than the second. */
export function isWorse(a: Finding, b: Finding): boolean {
  return weights.indexOf(a.severity) < weights.indexOf(b.severity)
}

/** The weightiest first; of the same weight, in the table's order. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const weight = ({ severity, id }: Finding) =>
    weights.indexOf(severity) * places.size + (places.get(id) ?? 0)
  return [...findings].sort((a, b) => weight(a) - weight(b))
}
