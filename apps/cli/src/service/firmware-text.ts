import type { Look } from '../output.ts'
import { plain } from '../plain-text.ts'
import { fieldsText, tableText } from '../table.ts'

const HEAD = ['where', 'certificate', 'until', 'which', 'sha256']

/** What a VM's variable store has: whether it is enforced, its certificates, and how much it revokes. */
export function firmwareText(shown: any, { width }: Look): string {
  const { signatures, machineOwnerKeys } = shown
  const databases: [string, any][] = Object.entries({ ...signatures, ...machineOwnerKeys })
  const rows = databases.flatMap(([where, { certificates = [] }]) =>
    certificates.map((one: any) => rowOf(where, one)),
  )
  const table = rows.length === 0 ? '' : `\n${tableText(HEAD, rows, width)}`
  return fieldsText([...modesOf(shown), ...databases.flatMap(countsOf)]) + table
}

function modesOf(shown: any): [string, string][] {
  const { secureBootEnforced, secureBootOffReason, setupMode, customMode } = shown
  const { signatureTemplates, sbatLevel } = shown
  const templates = signatureTemplates.map(
    ({ name, authorities }: any) => `${name} (${authorities.join(', ')})`,
  )
  return [
    ['Secure Boot', secureBootEnforced ? 'enforced' : `not enforced: ${secureBootOffReason}`],
    ['SecureBootEnable', switched(shown.secureBootEnable)],
    ['SetupMode', switched(setupMode)],
    ['CustomMode', switched(customMode)],
    ['templates', templates.length === 0 ? 'none' : templates.join(', ')],
    ['SBAT level', sbatText(sbatLevel)],
  ]
}

const switched = (is: boolean | null) => (is === null ? 'not set' : is ? 'on' : 'off')

function sbatText(level: any): string {
  if (level === null) return 'not set'
  if (level.unreadable !== undefined) return `unreadable: ${level.unreadable}`
  const generations = level.components
    .filter(({ component }: any) => component !== 'sbat')
    .map(({ component, generation }: any) => `${component} ${generation}`)
  return [level.date ?? 'without a date', ...generations].join(', ')
}

/** What of a database is no row of the table. */
function countsOf([where, { unreadable, sha256Count, otherCount }]: [string, any]): [
  string,
  string,
][] {
  if (unreadable !== undefined) return [[where, `unreadable: ${unreadable}`]]
  const hashes = sha256Count === 0 ? [] : [`${sha256Count} hashes`]
  const others = otherCount === 0 ? [] : [`${otherCount} of other kinds`]
  return sha256Count + otherCount === 0 ? [] : [[where, [...hashes, ...others].join(', ')]]
}

function rowOf(where: string, one: any): string[] {
  const { subject, notAfter, microsoftAuthority, sha256, unreadable } = one
  return [
    where,
    plain(unreadable === undefined ? nameIn(subject) : `unreadable: ${unreadable}`),
    notAfter?.slice(0, 10) ?? '-',
    microsoftAuthority ?? '-',
    sha256,
  ]
}

/** Its common name, which says most; the whole subject where it has none. */
const nameIn = (subject: string) => /(?:^|, )CN=(.+)$/.exec(subject)?.[1] ?? subject
