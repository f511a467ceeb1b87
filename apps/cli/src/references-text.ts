import {
  type Digests,
  describeOrigin,
  type ReferenceDifference,
  type ReferenceValues,
  type ReferenceVariant,
} from '@trusted-launch/attestation'
import type { Look } from './output.ts'
import { plain } from './plain-text.ts'
import { tableText } from './table.ts'

const digestShown = 16

/** Reference values for people: each variant, where it comes from, who approved it, what it holds. */
export function textOfReferences({ variants }: ReferenceValues, look: Look): string {
  return variants.map((variant) => textOfVariant(variant, look)).join('\n')
}

function textOfVariant(variant: ReferenceVariant, { width }: Look): string {
  const { name, origins, banks, bounds, firmware, kernel } = variant
  const lines = [
    `variant   ${plain(name)}`,
    ...origins.map((origin) => `origin    ${plain(describeOrigin(origin))}`),
    `approval  ${plain(approvalText(variant))}`,
    `banks     ${banks.join(', ')}`,
    `PCR 7     ${bounds === null ? 'exactly' : `by sets: db ${bounds.db.length} entries allowed, dbx ${bounds.dbx.length} required`}`,
    `firmware  ${firmware === null ? (variant.pcrs['0'] === undefined ? 'not compared' : 'exactly') : `learnt on ${firmware.learnt.length} shapes of machine`}`,
    `kernel    ${plain(kernel.commandLine ?? 'command line not known')}`,
    `modules   ${kernel.modules === null ? 'not known' : `${kernel.modules.length} signed by the kernel's key`}`,
  ]
  const shown = (digests: Digests) =>
    (digests.sha256 ?? Object.values(digests)[0] ?? '').slice(0, digestShown)
  const rows = Object.entries(variant.pcrs).flatMap(([pcr, { events, values }]) => {
    if (events === null) return [[pcr, '-', 'its value alone', shown(values ?? {})]]
    if (events.length === 0) return [[pcr, '-', 'nothing is measured', '']]
    const rows = events.map(({ component, description, path, digests }) => [
      pcr,
      component,
      plain(path ?? description),
      shown(digests),
    ])
    return values === null ? [[pcr, '-', 'any of these, in any order', ''], ...rows] : rows
  })
  return `${lines.join('\n')}\n\n${tableText(['PCR', 'component', 'what', 'digest'], rows, width)}`
}

function approvalText({ approval }: ReferenceVariant): string {
  if (approval === 'needed') return 'needed: it counts for nothing until somebody approves it'
  if (approval === 'not-needed') return 'not needed'
  return `by ${approval.by}, ${approval.at}: ${approval.why}`
}

/** Differences in words, each with what was and what is. */
export function textOfDifferences(all: readonly ReferenceDifference[]): string {
  if (all.length === 0) return 'They take the same boots.\n'
  return all
    .map(({ summary, pcr, before, after }) => {
      const values = [
        ...(before === null ? [] : [`  before  ${plain(before)}`]),
        ...(after === null ? [] : [`  after   ${plain(after)}`]),
      ]
      return [`${pcr === null ? '' : `PCR ${pcr}: `}${plain(summary)}`, ...values, ''].join('\n')
    })
    .join('')
}
