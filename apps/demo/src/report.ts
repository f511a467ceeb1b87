import type { AttestationResult } from '@trusted-launch/attestation'
import Table from 'cli-table3'
import pc from 'picocolors'
import type { Outcome } from './scenarios.ts'

/** What came of one scenario. */
export interface Verdict {
  name: string
  story: string
  expected: Outcome | null
  outcome: Outcome
  /** In a person's words; null only when nothing is wrong. */
  component: string | null
  /** Who noticed or stopped it, and how, in one sentence. */
  told: string
  findings: readonly string[]
  /** The appraisal record, an absolute path; null when it never came to an appraisal. */
  evidence: string | null
  references: { before: string; after: string }
  bootMs: number
  result: AttestationResult | null
}

const colours: Record<Outcome, (text: string) => string> = {
  affirming: pc.green,
  warning: pc.yellow,
  contraindicated: pc.red,
  'boot-refused': pc.red,
  'start-refused': pc.red,
}

export const asExpected = (verdict: Verdict): boolean =>
  verdict.expected === null || verdict.outcome === verdict.expected

/** The whole run as one document, for programs. */
export function jsonOf(accelerator: string, verdicts: readonly Verdict[]): string {
  const scenarios = verdicts.map(({ story: _s, told: _t, result: _r, ...row }) => row)
  return JSON.stringify({ accelerator, ok: verdicts.every(asExpected), scenarios }, null, 2)
}

/** The whole run for people: the clean boot stage by stage, the others in a line each. */
export function textOf(verdicts: readonly Verdict[]): string {
  const parts = verdicts.map((verdict) =>
    verdict.name === 'clean' && verdict.result !== null
      ? `${lineOf(verdict)}\n${chainOf(verdict.result)}`
      : lineOf(verdict),
  )
  const failed = verdicts.filter((verdict) => !asExpected(verdict))
  parts.push(
    failed.length === 0
      ? pc.green(`All ${verdicts.length} came out as expected.`)
      : pc.red(`Not as expected: ${failed.map(({ name }) => name).join(', ')}.`),
  )
  return parts.join('\n\n')
}

function lineOf(verdict: Verdict): string {
  const { name, story, outcome, told, expected } = verdict
  const surprise = asExpected(verdict) ? '' : pc.red(` (${expected} was expected)`)
  const lines = [`${pc.bold(name)}: ${story}`, `  ${colours[outcome](outcome)}${surprise}: ${told}`]
  if (verdict.evidence !== null) lines.push(pc.dim(`  npx tl appraise ${verdict.evidence}`))
  return lines.join('\n')
}

const verdictColours = {
  expected: pc.green,
  changed: pc.red,
  unexpected: pc.red,
  'not-compared': pc.dim,
}

/** The boot chain: stage, what ran, digest, who signed it, PCR, verdict. */
export function chainOf({ chain }: AttestationResult): string {
  const table = new Table({
    head: ['stage', 'what ran', 'digest', 'signed by', 'PCR', 'verdict'],
    style: {
      head: pc.isColorSupported ? ['bold'] : [],
      border: pc.isColorSupported ? ['gray'] : [],
    },
    colWidths: [16, 34, 14, 26, 5, 14],
    wordWrap: true,
    wrapOnWordBoundary: false,
  })
  for (const { stage, what, digest, signer, pcr, verdict } of chain)
    table.push([
      stage,
      what,
      `${digest.slice(0, 12)}`,
      signer ?? '',
      pcr,
      verdictColours[verdict](verdict),
    ])
  return table.toString()
}
