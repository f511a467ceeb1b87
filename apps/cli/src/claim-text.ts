import type { AttestationResult, Json } from '@trusted-launch/attestation'
import type { Look } from './output.ts'
import { plain, rangesOf } from './plain-text.ts'
import { tableText } from './table.ts'

/** What the evidence says, one claim a line. */
export function claimText(claims: AttestationResult['claims'], { width }: Look): string {
  const rows = Object.entries(claims).map(([name, { value, verified, events }]) => [
    name,
    value === null ? 'not reported' : verified ? 'verified' : 'not verified',
    rangesOf(events),
    value === null ? '' : plain(valueText(value)),
  ])
  return tableText(['claim', '', 'events', 'value'], rows, width)
}

/** A value in a line: a list one after the other, an object as its fields' values. */
function valueText(value: Json | undefined): string {
  if (value === null || value === undefined || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.map(valueText).join('; ')
  return Object.values(value)
    .filter((one) => one !== null)
    .map(valueText)
    .join(' ')
}
