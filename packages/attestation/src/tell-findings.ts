import type { FindingId } from './finding-table.ts'
import { findingOf, isWorse, sortFindings } from './finding-table.ts'
import type { Finding } from './result.ts'

/** So many of one id are told each by itself: a guest can make any number of them. */
const ofOneIdMax = 256
/** Of which several may be of one place: what was expected and found says which. */
const severalAtOnce: readonly FindingId[] = [
  'policy.requirement',
  'secure-boot-variables.not-allowed',
  'secure-boot.weak',
]

/**
 * Findings as a result has them: the weightiest first, none twice, and of more than 256 of one id the others as
 * one, which weighs what the worst of them does.
 */
export function tellFindings(findings: readonly Finding[]): Finding[] {
  const byId = Map.groupBy(sortFindings(withoutRepeats(findings)), ({ id }) => id)
  return sortFindings([...byId.values()].flatMap(bounded))
}

/**
 * The same thing found twice, in another bank or by a check and a rule: it weighs what the worse of them
 * says. Two requirements of one claim are two things, and so are two entries of a list of keys.
 */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>()
  for (const finding of findings) {
    const { id, component, pcr, events, expected, actual } = finding
    const isOneOfSeveral = severalAtOnce.includes(id as FindingId)
    const which = isOneOfSeveral ? `${expected} ${actual}` : ''
    const key = `${id} ${component} ${pcr} ${events} ${which}`
    const before = seen.get(key)
    if (before === undefined || isWorse(finding, before)) seen.set(key, finding)
  }
  return [...seen.values()]
}

/** @param same of one id, the weightiest first. */
function bounded(same: readonly Finding[]): readonly Finding[] {
  const [first, ...more] = same.slice(ofOneIdMax - 1)
  if (first === undefined || more.length === 0) return same
  const { severity, pcr } = first
  const id = first.id as FindingId
  const summary = `And ${more.length + 1} more of the same, which are not told one by one.`
  return [...same.slice(0, ofOneIdMax - 1), findingOf({ id, summary, severity, pcr })]
}
