import { plain } from '../plain-text.ts'
import { tableText } from '../table.ts'

const shortest = 8

/** Drifts of any VMs, a line each. */
export function driftsText(drifts: readonly any[], width: number): string {
  if (drifts.length === 0) return 'no drift\n'
  const rows = drifts.map(({ id, name, properties }) => {
    const { status, isPresent, isFirstBoot, differences, lastSeen } = properties
    const state = stateOf(status, isPresent)
    const what = componentsOf(differences) + (isFirstBoot ? ' (first boot)' : '')
    return [name.slice(0, shortest), vmIn(id), state, what, lastSeen].map(String).map(plain)
  })
  return tableText(['id', 'VM', 'status', 'what', 'last seen'], rows, width)
}

/** What is approved shows no more, and what nobody decided may have gone by itself. */
const stateOf = (status: string, isPresent: boolean) =>
  isPresent || status === 'Approved' ? status : `${status}, gone by itself`

/** One drift: each difference with what was, what is, and who signed it. */
export function driftText({ id, name, properties }: any, width: number): string {
  const { status, isPresent, count, firstSeen, lastSeen, nearest, leftOut } = properties
  const { isFirstBoot, differences, modules, decision, evidence } = properties
  const lines = [
    `${vmIn(id)}: ${componentsOf(differences)} (${name})`,
    `${stateOf(status, isPresent)}; seen ${count} times, ${firstSeen} to ${lastSeen}`,
    nearest === null ? 'nothing was foretold of it' : `the nearest variant: ${nearest}`,
    ...(isFirstBoot
      ? ['it never booted as foretold: to approve that is to trust on first use']
      : []),
    ...decisionLines(decision),
    '',
    ...differences.flatMap(differenceLines),
    ...(leftOut > 0 ? [`and ${leftOut} more`] : []),
    ...(modules.length === 0 ? [] : ['modules that would be its own:', ...modules.map(indented)]),
    '',
    `evidence ${evidence.split('/').at(-1)}`,
    ...(status === 'Pending' ? answerLines(id, name, isFirstBoot) : []),
  ]
  const limit = Math.max(width, 40)
  return `${lines.map((line: string) => plain(line).slice(0, 8 * limit)).join('\n')}\n`
}

/** What to type about one that waits. */
function answerLines(id: string, name: string, isFirstBoot: boolean): string[] {
  const which = `${vmIn(id)} ${name.slice(0, shortest)} --reason TEXT`
  const trust = isFirstBoot ? ' --trust-on-first-use' : ''
  return [`approve it  tl drift approve ${which}${trust}`, `reject it   tl drift reject ${which}`]
}

function differenceLines({ summary, pcr, before, after, signer, known }: any): string[] {
  const told = [...(signer === null ? [] : [`signed by ${signer}`]), ...(known ? [known] : [])]
  const more = told.map((one) => `, ${one}`).join('')
  return [
    `${summary}${pcr === null ? '' : ` (PCR ${pcr})`}`,
    ...(before === null ? [] : [`  was ${before}`]),
    ...(after === null ? [] : [`  is  ${after}${more}`]),
  ]
}

function decisionLines(decision: any): string[] {
  if (decision === null) return []
  const { by, at, reason, references } = decision
  const became = references === null ? 'rejected' : 'approved'
  return [`${became} by ${by} at ${at}: ${reason}`]
}

const indented = (text: string) => `  ${text}`
const vmIn = (id: string) => /\/virtualMachines\/([^/]+)\//i.exec(id)?.[1] ?? ''

function componentsOf(differences: readonly { readonly component: string }[]): string {
  return [...new Set(differences.map(({ component }) => component))].join(', ')
}
