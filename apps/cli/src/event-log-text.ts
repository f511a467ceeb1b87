import type { CheckedPcr, EventLogAppraisal, PcrVerdict } from '@trusted-launch/attestation'
import { DIGEST_SIZE } from '@trusted-launch/crypto'
import { describeEvent } from '@trusted-launch/eventlog'
import { claimText } from './claim-text.ts'
import type { Look } from './output.ts'
import { tableText } from './table.ts'
import { colored } from './tier-color.ts'
import { textOfFinding } from './verdict.ts'

/** A log for people: its events, its registers, what they let us say, what was found, the conclusion. */
export function textOfEventLog(
  appraisal: EventLogAppraisal,
  pcrs: readonly CheckedPcr[],
  look: Look,
  note: string | null = null,
): string {
  const { log, bank, events, claims, findings, verified } = appraisal
  const banner = `${events.length} events, banks ${log?.algorithms.join(', ') ?? '-'}; shown: ${bank ?? '-'}`
  const lines = events.map((event) => {
    const line = fitted(describeEvent(event, event.explanation, event.digests.get(bank!)), look)
    return event.explanation.status === 'mismatch' ? look.colors.red(line) : line
  })
  const notes = note === null ? [] : [note]
  const parts = [banner, ...notes, '', ...lines, '', pcrText(pcrs, verified !== null, look)]
  if (Object.keys(claims).length > 0) parts.push(claimText(claims, look))
  parts.push(...findings.map((finding) => textOfFinding(finding, look)))
  return `${parts.join('\n')}\n${conclusionText(appraisal, look)}\n`
}

/** Where its columns end and what an event says begins; and where that goes when there is no room. */
const [textAt, below] = [78, 14]

/** One line an event; on a terminal too narrow what it says is on a second one, cut at the edge. */
function fitted(line: string, { width }: Look): string {
  if (line.length <= width) return line
  const cut = (text: string) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)
  return `${cut(line.slice(0, textAt).trimEnd())}\n${cut(`${' '.repeat(below)}${line.slice(textAt)}`)}`
}

function pcrText(pcrs: readonly CheckedPcr[], given: boolean, { colors, width }: Look): string {
  const head = ['PCR', 'events', given ? 'given' : 'after this log', 'verdict']
  const shown: Readonly<Record<PcrVerdict, (text: string) => string>> = {
    equal: colors.green,
    different: colors.red,
    'not explained': colors.yellow,
    'not given': colors.yellow,
  }
  const rows = pcrs.map(({ pcr, events, replayed, given: value, verdict }) => [
    String(pcr),
    String(events),
    value ?? replayed,
    given ? shown[verdict](verdict) : '',
  ])
  return tableText(head, rows, width)
}

function conclusionText({ verified, findings, bank }: EventLogAppraisal, look: Look): string {
  if (bank === null)
    return `nothing is shown: the log has no bank that can be replayed (${Object.keys(DIGEST_SIZE).join(', ')})`
  if (verified === null)
    return 'nothing is verified: no PCR values were given (--pcrs), and a log can say anything'
  if (!verified) return colored('refused', 'contraindicated', look)
  return findings.some(({ severity }) => severity !== 'info')
    ? colored('verified, with what is told above', 'warning', look)
    : colored('verified', 'affirming', look)
}
