import type { AttestationResult, BootStage } from '@trusted-launch/attestation'
import picocolors from 'picocolors'
import { tlLine } from './paths.ts'
import { plain, tableOf, wrapped } from './text.ts'
import { asExpected, type Outcome, type Verdict } from './verdict.ts'

/** How text may look where it goes to. */
export interface Look {
  readonly colors: ReturnType<typeof picocolors.createColors>
  /** The terminal's, in characters; Infinity where there is none. */
  readonly width: number
}

/** Colours and a width only on a terminal; with NO_COLOR no colours. */
export function lookOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }): Look {
  const isColourful = isTTY === true && (process.env.NO_COLOR ?? '') === ''
  const width = (isTTY === true ? columns : undefined) || Number.POSITIVE_INFINITY
  return { colors: picocolors.createColors(isColourful), width }
}

/** The whole run as one document, for programs. `error` is there only where there is no outcome. */
export function jsonOf(accelerator: string, verdicts: readonly Verdict[]): string {
  const scenarios = verdicts.map((verdict) => {
    const { name, expected, outcome, component, findings, evidence, references, bootMs } = verdict
    const { alerts, recommendations } = verdict
    const end = { name, expected, outcome, component, findings }
    const row = { ...end, alerts, recommendations, evidence, references, bootMs }
    return outcome === null ? { ...row, error: verdict.told } : row
  })
  return JSON.stringify({ accelerator, ok: verdicts.every(asExpected), scenarios }, null, 2)
}

/** The whole run for people: the clean boot stage by stage, the others in a line each. */
export function textOf(verdicts: readonly Verdict[], look: Look): string {
  const parts = verdicts.map((verdict) => textOfOne(verdict, look))
  const { green, red } = look.colors
  const failed = verdicts.filter((verdict) => !asExpected(verdict)).map(({ name }) => name)
  const foretold = verdicts.filter(({ expected }) => expected !== null).map(({ name }) => name)
  if (failed.length > 0) parts.push(red(`Not as expected: ${failed.join(', ')}.`))
  else if (foretold.length === 1) parts.push(green(`${foretold[0]} came out as expected.`))
  else if (foretold.length > 1) parts.push(green(`All ${foretold.length} came out as expected.`))
  return parts.join('\n\n')
}

type Color = 'green' | 'yellow' | 'red'

const outcomeColors: Readonly<Record<Outcome, Color>> = {
  affirming: 'green',
  warning: 'yellow',
  contraindicated: 'red',
  'boot-refused': 'red',
  'start-refused': 'red',
}

/** The outcome in words: a guest that stood still by itself was refused by nobody. */
function labelOf({ outcome, findings }: Verdict): string {
  const isStuck = outcome === 'boot-refused' && !findings.includes('secure-boot-violation')
  return isStuck ? 'did not come up' : (outcome ?? 'no verdict')
}

function textOfOne(verdict: Verdict, look: Look): string {
  const { name, story, expected, outcome, told, evidence, result } = verdict
  const { colors, width } = look
  const indented = (text: string) => wrapped(plain(text), width - 2).map((line) => `  ${line}`)
  const surprise = asExpected(verdict) || expected === null ? '' : ` (${expected} was expected)`
  const [head = '', ...tail] = indented(`${labelOf(verdict)}${surprise}: ${told}`)
  const end = head.indexOf(':')
  const color = colors[asExpected(verdict) ? outcomeColors[outcome!] : 'red']
  const lines = [
    ...wrapped(`${name}: ${plain(story)}`, width).map((line, i) =>
      i === 0 ? line.replace(name, colors.bold(name)) : line,
    ),
    end < 0 ? head : `${color(head.slice(0, end))}${head.slice(end)}`,
    ...tail,
  ]
  for (const { alertType, severity, component } of verdict.alerts)
    lines.push(...indented(`alert: ${alertType}, ${severity}: ${component}`))
  if (name === 'clean' && result !== null) lines.push('', chainOf(result, look), '')
  if (evidence !== null) lines.push(colors.dim(`  say it again: ${tlLine('appraise', evidence)}`))
  return lines.join('\n')
}

const stageColors: Readonly<Record<BootStage['verdict'], Color | 'dim'>> = {
  expected: 'green',
  changed: 'red',
  unexpected: 'red',
  'not-compared': 'dim',
}

const head = ['stage', 'what ran', 'digest', 'signed by', 'PCR', 'verdict']
const digestShown = 12

/** The boot chain: what ran, in its order, and who vouches for it. */
export function chainOf({ chain }: AttestationResult, { colors, width }: Look): string {
  const rows = chain.map(({ stage, what, digest, signer, pcr, verdict }) => [
    stage,
    plain(what),
    digest.slice(0, digestShown),
    signer === null ? '-' : plain(commonName(signer)),
    `${pcr}`,
    verdict,
  ])
  return tableOf([head, ...rows], width, (text, row, column) => {
    if (row === 0) return colors.bold(text)
    return column === head.length - 1 ? colors[stageColors[chain[row - 1]!.verdict]](text) : text
  })
}

/** The common name of a distinguished name, or all of it. */
function commonName(name: string): string {
  return /(?:^|, ?)CN=([^,]+)/.exec(name)?.[1] ?? name
}
