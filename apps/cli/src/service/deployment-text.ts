import { plain } from '../plain-text.ts'
import { fieldsText, tableText } from '../table.ts'

export function deploymentsText(all: readonly any[], width: number): string {
  if (all.length === 0) return 'no deployments\n'
  const rows = all.map(({ name, properties: { provisioningState, timestamp, duration } }) =>
    [name, provisioningState, timestamp, secondsOf(duration)].map(String).map(plain),
  )
  return tableText(['name', 'state', 'when', 'took'], rows, width)
}

/** `PT1.250S` as a person reads it. */
const secondsOf = (duration: unknown) => String(duration).replace(/^PT([\d.]+)S$/, '$1 s')

/** A deployment, its outputs, and what became of each resource. */
export function deploymentText({ name, properties: of }: any, parts: readonly any[]): string {
  const outputs = Object.entries<any>(of.outputs ?? {})
  const head = fieldsText([
    ['name', String(name)],
    ['state', String(of.provisioningState)],
    ['mode', String(of.mode)],
    ['when', String(of.timestamp)],
    ['took', secondsOf(of.duration)],
    ...(of.error === undefined ? [] : [['why', `${of.error.message} (${of.error.code})`] as const]),
    ...outputs.map(([output, { value }]) => [`output ${plain(output)}`, told(value)] as const),
  ])
  if (parts.length === 0) return head
  const rows = parts.map(({ properties: part }) => {
    const { resourceType, resourceName } = part.targetResource
    const why = part.statusMessage?.error?.message ?? ''
    return [resourceType, resourceName, part.provisioningState, why].map(String).map(plain)
  })
  const table = tableText(['resource', 'name', 'state', 'why'], rows, Number.POSITIVE_INFINITY)
  return `${head}\n${table}`
}

const told = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const SIGNS: Readonly<Record<string, string>> = {
  ...{ Create: '+', Delete: '-', Modify: '~', Deploy: '~', NoChange: '=', Ignore: '*' },
}

/** What a deployment would change, a line each, with what of it. */
export function changesText(changes: readonly any[]): string {
  if (changes.length === 0) return 'nothing would change\n'
  const counts = Map.groupBy(changes, ({ changeType }) => String(changeType))
  const total = [...counts].map(([type, all]) => `${all.length} ${type}`).join(', ')
  return `${changes.flatMap(changeLines).join('\n')}\n${plain(total)}\n`
}

function changeLines({ changeType, resourceId, delta = [] }: any): string[] {
  const sign = SIGNS[changeType] ?? '?'
  return [`${sign} ${plain(String(resourceId))}`, ...delta.flatMap((one: any) => deltaLines(one))]
}

function deltaLines({ path, before, after, children }: any, above = ''): string[] {
  const at = above === '' ? String(path) : `${above}.${path}`
  if (Array.isArray(children) && children.length > 0)
    return children.flatMap((one) => deltaLines(one, at))
  const was = before === undefined || before === null ? 'nothing' : told(before)
  const is = after === undefined || after === null ? 'nothing' : told(after)
  return [`    ${plain(at)}: ${plain(was)} → ${plain(is)}`]
}
