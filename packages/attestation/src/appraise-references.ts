import type { AppraisalInput } from './appraisal-input.ts'
import { bootChainOf } from './boot-chain.ts'
import { formatCanonical, type Json } from './canonical-json.ts'
import { checkIma } from './check-ima.ts'
import type { Claims } from './claims.ts'
import { compareFirmware } from './compare-firmware.ts'
import { compareEvents, compareReferences } from './compare-references.ts'
import { findingOf } from './finding-table.ts'
import { ADVICE } from './findings/kind.ts'
import { frozen, once } from './frozen.ts'
import { severityOf } from './policy.ts'
import type { ReferenceValues } from './reference-values.ts'
import { isApproved, type ReferenceVariant } from './reference-variant.ts'
import type { BootStage, Finding, Severity } from './result.ts'
import { perLog, type VerifiedEventLog } from './verify-event-log.ts'

/** A verified log held against reference values. */
export interface HeldLog {
  readonly findings: readonly Finding[]
  /** The variant it was held against; null: none counts. */
  readonly variant: ReferenceVariant | null
  readonly chain: readonly BootStage[]
}

/**
 * Holds a log against each variant that counts, and takes the nearest: the one with the fewest weighty
 * findings. A boot matches a variant as a whole or not at all; variants never complete each other, and
 * their order decides nothing. One that nobody approved counts for nothing, good or bad.
 */
export function appraiseReferences(
  log: VerifiedEventLog,
  claims: Claims,
  input: AppraisalInput,
): HeldLog {
  const { references } = input
  if (references === null) return unheld(log, missing(input))
  const counting = countingInOrder(references)
  // check 41
  if (counting.length === 0) return unheld(log, notApproved(input, log))
  // One at a time: of a long list each variant finds as much again.
  let nearest = heldAgainst(log, claims, counting[0]!, input)
  for (const variant of counting.slice(1)) {
    const one = heldAgainst(log, claims, variant, input)
    if (isNearer(one, nearest)) nearest = one
  }
  if (counting.length === 1 || !nearest.findings.some(({ severity }) => severity === 'high'))
    return nearest
  const summary = `None of ${counting.length} variants is this boot; the nearest is "${nearest.variant?.name}".`
  return {
    ...nearest,
    findings: [...nearest.findings, findingOf({ id: 'reference-values.no-variant', summary })],
  }
}

function heldAgainst(
  log: VerifiedEventLog,
  claims: Claims,
  variant: ReferenceVariant,
  input: AppraisalInput,
): HeldLog {
  const { findings: told, chain } = log.isKnown
    ? comparisons(log)(variant)
    : comparison(log, variant)
  const findings = [
    ...(lacksSecureBoot(claims, variant) ? told.map(followsFromOff) : told),
    ...firmwareFindings(log, variant, input),
    ...faultOfBootManager(claims, variant),
  ]
  return { findings, variant, chain }
}

function lacksSecureBoot(claims: Claims, { variables }: ReferenceVariant): boolean {
  const claim = claims['secure-boot']
  return variables.secureBoot && claim?.verified === true && claim.value === false
}

/**
 * With Secure Boot off shim asks nobody, so neither authorities nor the kernel it would have verified are
 * measured: no file is to be restored for that.
 */
function followsFromOff(finding: Finding): Finding {
  if (finding.advice !== ADVICE.restore || finding.actual !== null) return finding
  return { ...finding, advice: ADVICE.switchedOff }
}

/** Kept for a log that is known: it is held against the same values again. */
const comparisons = perLog((log) =>
  once((variant: ReferenceVariant) => {
    const { findings, chain } = comparison(log, variant)
    return { findings, chain: frozen(chain) }
  }),
)

function comparison(log: VerifiedEventLog, variant: ReferenceVariant) {
  const compared = compareEvents(log, variant)
  const findings = [...checkIma(log, variant), ...compareReferences(log, variant, compared)]
  return { findings, chain: bootChainOf(log, compared, variant) }
}

function unheld(log: VerifiedEventLog, finding: Finding): HeldLog {
  const findings = [...checkIma(log, null), finding]
  return { findings, variant: null, chain: bootChainOf(log, null, null) }
}

function missing({ policy }: AppraisalInput): Finding {
  const severity = severityOf('reference-values-present', policy)
  const summary = 'There are no reference values: what booted is not compared with anything.'
  return findingOf({ id: 'reference-values.missing', summary, severity })
}

function notApproved({ references, policy }: AppraisalInput, log: VerifiedEventLog): Finding {
  const { variants } = references!
  const isThis = (variant: ReferenceVariant) =>
    compareReferences(log, variant, compareEvents(log, variant)).every(
      ({ severity }) => severity !== 'high',
    )
  const found = inOrder(variants).find(isThis)
  const told = found === undefined ? 'none of them is this boot' : `this boot is "${found.name}"`
  return findingOf({
    id: 'reference-values.not-approved',
    summary: `The reference values were learnt from a log and nobody approved them; ${told}.`,
    severity: severityOf('reference-values-present', policy),
  })
}

const countingInOrder = once(({ variants }: ReferenceValues) =>
  inOrder(variants.filter(isApproved)),
)

/** Whatever their order in the file, in the one order that follows from what they hold. */
function inOrder(variants: readonly ReferenceVariant[]): readonly ReferenceVariant[] {
  if (variants.length === 1) return variants
  const text = new Map(variants.map((one) => [one, formatCanonical(one as unknown as Json)]))
  return [...variants].sort((a, b) => (text.get(a)! < text.get(b)! ? -1 : 1))
}

const weights: readonly Severity[] = ['high', 'medium', 'low']

function isNearer(a: HeldLog, b: HeldLog): boolean {
  for (const weight of weights) {
    const [one, other] = [a, b].map(
      ({ findings }) => findings.filter(({ severity }) => severity === weight).length,
    )
    if (one !== other) return one! < other!
  }
  return false
}

function firmwareFindings(
  log: VerifiedEventLog,
  { firmware, pcrs }: ReferenceVariant,
  { expectation, policy }: AppraisalInput,
): Finding[] {
  // PCR 0 was compared, event by event: there is nothing to learn of it.
  if (Object.hasOwn(pcrs, '0')) return []
  const severity = severityOf('firmware-learnt', policy)
  if (firmware === null) {
    const summary = 'The reference values say nothing of the firmware: PCR 0 is not compared.'
    return [findingOf({ id: 'firmware.not-learnt', summary, severity, pcr: 0 })]
  }
  return compareFirmware(log, firmware, expectation.machine).map((finding) =>
    finding.id === 'firmware.not-learnt' ? { ...finding, severity } : finding,
  )
}

function faultOfBootManager(claims: Claims, { bounds }: ReferenceVariant): Finding[] {
  const least = bounds?.bootManagerSvn ?? null
  if (least === null) return []
  const claim = claims['windows-boot-manager-svn']
  const svn = claim?.verified === true ? claim.value : null
  // check 33
  if (typeof svn !== 'number' || svn < least)
    return [
      findingOf({
        id: 'boot-manager.below-minimum',
        summary: "Windows' boot manager is not shown to be new enough.",
        expected: `at least ${least}`,
        actual: svn === null ? 'not shown' : String(svn),
      }),
    ]
  return []
}
