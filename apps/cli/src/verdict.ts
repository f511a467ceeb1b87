import type { AttestationResult, Finding, Tier } from '@trusted-launch/attestation'
import { EXIT, type ExitCode } from './exit-code.ts'
import { type Output, tableText } from './output.ts'

type Colors = Output['colors']

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

/** A result for people: the boot chain, what was found, and the verdict last. */
export function textOfResult(result: AttestationResult, colors: Colors): string {
  const { vm, generation, tier, time, nonce, bank } = result
  const banner = `VM ${plain(vm)}, generation ${generation}, appraised ${time}, bank ${bank ?? '-'}, nonce ${nonce}`
  const findings = result.findings.map((finding) => textOfFinding(finding, colors))
  return [banner, '', chainText(result), ...findings, colored(tier, tier, colors), ''].join('\n')
}

function chainText({ chain }: AttestationResult): string {
  const head = ['stage', 'what ran', 'digest', 'signed by', 'PCR', 'verdict']
  const rows = chain.map(({ stage, what, digest, signer, pcr, verdict }) => [
    plain(stage),
    plain(what),
    digest.slice(0, 16),
    plain(commonName(signer ?? '-')),
    String(pcr),
    verdict,
  ])
  return tableText(head, rows)
}

/** The common name of a distinguished name, or all of it: a table has little room. */
export function commonName(name: string): string {
  return /(?:^|, ?)CN=([^,]+)/.exec(name)?.[1] ?? name
}

function textOfFinding(finding: Finding, colors: Colors): string {
  const { id, component, summary, severity, pcr, events, expected, actual, advice } = finding
  const place = [
    ...(pcr === null ? [] : [`PCR ${pcr}`]),
    ...(events.length === 0 ? [] : [`event ${events.join(', ')}`]),
  ].join(', ')
  const lines = [
    colored(`${severity}  ${plain(component)}: ${plain(summary)}`, tierOf[severity], colors),
    `      ${id}${place === '' ? '' : ` (${place})`}`,
    ...(expected === null ? [] : [`      expected  ${plain(expected)}`]),
    ...(actual === null ? [] : [`      actual    ${plain(actual)}`]),
    `      advice    ${plain(advice)}`,
  ]
  return `${lines.join('\n')}\n`
}

const tierOf: Readonly<Record<Finding['severity'], Tier>> = {
  info: 'affirming',
  low: 'warning',
  medium: 'warning',
  high: 'contraindicated',
}

function colored(text: string, tier: Tier, colors: Colors): string {
  if (tier === 'affirming') return colors.green(text)
  return tier === 'warning' ? colors.yellow(text) : colors.red(text)
}

/** Text that came from a guest, without anything a terminal would obey. */
export function plain(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
