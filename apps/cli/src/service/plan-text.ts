import { plain } from '../plain-text.ts'
import { tableText } from '../table.ts'

/** The path of the plan of a scope. */
export const planAt = (scope: string) => `${scope}/providers/TrustedLaunch/monitoringPlans/default`

/** A plan as it stands at a scope. */
export function planText({ document, version, changedBy, changedOn }: any, width: number): string {
  const { name, version: _, failures = {}, ...settings } = document
  const rows = Object.entries(settings).map(([setting, value]) => [setting, told(value)])
  const head = `plan ${plain(name)}, version ${version}, by ${plain(changedBy)} on ${plain(changedOn)}\n`
  const table = rows.length === 0 ? '' : tableText(['setting', 'value'], rows, width)
  return head + table + failuresText(Object.entries(failures), width)
}

/** What comes of all plans for a VM, and of which. */
export function effectiveText({ failures, ...settings }: any, width: number): string {
  const rows = Object.entries<any>(settings).map(([setting, { value, from }]) =>
    [setting, told(value), from ?? 'no plan: the default'].map(plain),
  )
  const meanings = failures.flatMap(({ from, meanings: all }: any) =>
    Object.entries<any>(all).map(([name, meaning]) => [name, { ...meaning, from }]),
  )
  return tableText(['setting', 'value', 'plan'], rows, width) + failuresText(meanings, width)
}

function failuresText(failures: readonly [string, any][], width: number): string {
  if (failures.length === 0) return ''
  const rows = failures.map(([name, { severity, response, from = '' }]) =>
    [name, severity, response, from].map(String).map(plain),
  )
  return tableText(['failure', 'severity', 'response', 'plan'], rows, width)
}

/** The versions of a plan or a policy, the newest first. */
export function historyText(versions: readonly any[], width: number): string {
  const rows = versions.map(({ properties }) => {
    const { version, changedOn, changedBy, document } = properties
    const what = document === null ? 'deleted' : (document.name ?? document.id)
    return [version, changedOn, changedBy, what].map(String).map(plain)
  })
  return tableText(['version', 'when', 'by', 'what'], rows, width)
}

/** What would be another, VM by VM. */
export function whatIfText(result: any, width: number): string {
  const { judged, changed, worse, better, withoutEvidence, notJudged, value } = result
  const head = `${judged} VMs judged again: ${changed} would change, ${worse} for the worse, ${better} for the better; ${withoutEvidence} without evidence, ${notJudged} not judged\n`
  if (value.length === 0) return head
  const rows = value.map(({ vm, tier, found, gone, consequences }: any) => [
    plain(vm.split('/').at(-1)),
    `${tier.before} → ${tier.after}`,
    [...found.map((one: any) => `+${one.id}`), ...gone.map((one: any) => `-${one.id}`)]
      .map(plain)
      .join(' '),
    consequences.after
      .map(({ type, severity, response }: any) => `${type} ${severity}: ${response}`)
      .map(plain)
      .join(', '),
  ])
  const rest = changed - value.length
  const more = rest > 0 ? `and ${rest} more\n` : ''
  return head + tableText(['VM', 'verdict', 'findings', 'alerts then'], rows, width) + more
}

function told(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
