import { TOLERANCES, type ToleranceName } from '../tolerances.ts'
import { type FindingKind, row } from './kind.ts'

const advice =
  'Nothing, if this firmware is known to do it; else read the log as one of our own VMs (strict).'

const rows = Object.entries(TOLERANCES).map(([name, { check, component, severity }]) => [
  `tolerated.${name}`,
  row(check, component, severity, true, advice),
])

/** Each use of a tolerance is told. */
export const toleratedFindings = Object.fromEntries(rows) as Record<
  `tolerated.${ToleranceName}`,
  FindingKind
>
