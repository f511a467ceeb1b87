import type { AttestationResult, Finding, Profile, Tier } from '@trusted-launch/attestation'
import { claimText } from './claim-text.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Look } from './output.ts'
import { plain, rangesOf } from './plain-text.ts'
import { tableText, wrapped } from './table.ts'
import { colored } from './tier-color.ts'

const exitCodes: Readonly<Record<Tier, ExitCode>> = {
  affirming: EXIT.affirming,
  warning: EXIT.warning,
  contraindicated: EXIT.contraindicated,
  none: EXIT.failure,
}

/** What a verdict of this tier ends `tl` with. */
export function exitCodeOfTier(tier: Tier): ExitCode {
  return exitCodes[tier]
}

/** Whether the anchor is one of ours; null: there is none; `not-asked`: the key was refused before that. */
export type AnchorKnown = boolean | null | 'not-asked'

/**
 * What a result is worth to whoever trusts its anchor or does not: an anchor nobody here trusts makes an
 * affirming result a warning; it makes no worse one better.
 */
export function conclusionOf({ tier }: AttestationResult, anchorKnown: AnchorKnown): Tier {
  return tier === 'affirming' && anchorKnown !== true ? 'warning' : tier
}

/** A result for people: the boot chain, what was found, and the conclusion last. */
export function textOfResult(
  result: AttestationResult,
  anchorKnown: AnchorKnown,
  look: Look,
): string {
  const { vm, generation, tier } = result
  const conclusion = conclusionOf(result, anchorKnown)
  const told = conclusion === tier ? tier : `${conclusion}: ${tier}`
  const last = colored(`${told}${doubts.get(anchorKnown) ?? ''}`, conclusion, look)
  return textOf(`VM ${plain(vm)}, generation ${generation}`, result, last, look)
}

/** The same of imported evidence, which is of no VM that a record knows. */
export function textOfImported(result: AttestationResult, profile: Profile, look: Look): string {
  const last = colored(result.tier === 'none' ? 'no verdict' : result.tier, result.tier, look)
  const claims = Object.keys(result.claims).length === 0 ? [] : [claimText(result.claims, look)]
  return textOf(`imported evidence, profile ${profile}`, result, last, look, claims)
}

function textOf(
  of: string,
  result: AttestationResult,
  last: string,
  look: Look,
  claims: readonly string[] = [],
): string {
  const { time, nonce, bank } = result
  const banner = `${of}, appraised ${time}, bank ${bank ?? '-'}, nonce ${nonce}`
  const findings = result.findings.map((finding) => textOfFinding(finding, look))
  const chain = result.chain.length === 0 ? [] : [chainText(result, look)]
  return [...wrapped(banner, look.width), '', ...chain, ...claims, ...findings, last, ''].join('\n')
}

const doubts: ReadonlyMap<AnchorKnown, string> = new Map([
  [false, ', but by an authority that is not trusted here (--anchor)'],
  [null, ', but by no authority'],
])

function chainText({ chain }: AttestationResult, { width }: Look): string {
  const head = ['stage', 'what ran', 'digest', 'signed by', 'PCR', 'verdict']
  const rows = chain.map(({ stage, what, digest, signer, pcr, verdict }) => [
    plain(stage),
    plain(what),
    digest.slice(0, 16),
    plain(commonName(signer ?? '-')),
    String(pcr),
    verdict,
  ])
  return tableText(head, rows, width)
}

/** The common name of a distinguished name, or all of it: a table has little room. */
export function commonName(name: string): string {
  return /(?:^|, ?)CN=([^,]+)/.exec(name)?.[1] ?? name
}

export function textOfFinding(finding: Finding, look: Look): string {
  const { id, component, summary, severity, pcr, events, expected, actual, advice } = finding
  const place = [
    ...(pcr === null ? [] : [`PCR ${pcr}`]),
    ...(events.length === 0 ? [] : [`event ${rangesOf(events)}`]),
  ].join(', ')
  const lines = [
    ...hanging(`${severity}  `, `${plain(component)}: ${plain(summary)}`, look).map((line) =>
      colored(line, tierOf[severity], look),
    ),
    ...hanging('      ', `${id}${place === '' ? '' : ` (${place})`}`, look),
    ...(expected === null ? [] : hanging('      expected  ', plain(expected), look)),
    ...(actual === null ? [] : hanging('      actual    ', plain(actual), look)),
    ...hanging('      advice    ', plain(advice), look),
  ]
  return `${lines.join('\n')}\n`
}

function hanging(head: string, text: string, { width }: Look): string[] {
  const lines = wrapped(text, Math.max(width - head.length, 20))
  return lines.map((line, i) => `${i === 0 ? head : ' '.repeat(head.length)}${line}`)
}

const tierOf: Readonly<Record<Finding['severity'], Tier>> = {
  info: 'affirming',
  low: 'warning',
  medium: 'warning',
  high: 'contraindicated',
}
