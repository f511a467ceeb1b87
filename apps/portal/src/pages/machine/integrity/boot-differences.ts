import type { BootEvent, BootView } from '@trusted-launch/api'
import { textOf } from './text-of.ts'

/** One thing that two boots showed otherwise; null: not there. */
export interface BootDifference {
  readonly kind: 'stage' | 'register' | 'event' | 'claim' | 'file' | 'finding'
  readonly where: string
  readonly was: string | null
  readonly is: string | null
}

/** In what two boots differ: stages, registers, events in their place, claims, files, what was found. */
export function differencesOf(was: BootView, is: BootView): BootDifference[] {
  const kinds = [
    ['stage', stagesIn],
    ['register', registersIn],
    ['event', eventsIn],
    ['claim', claimsIn],
    ['file', filesIn],
    ['finding', findingsIn],
  ] as const
  return kinds.flatMap(([kind, of]) => between(of(was), of(is)).map((one) => ({ kind, ...one })))
}

type Named = ReadonlyMap<string, string>

function between(was: Named, is: Named) {
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((where) => was.get(where) !== is.get(where))
    .map((where) => ({ where, was: was.get(where) ?? null, is: is.get(where) ?? null }))
}

/** Things by name; those of one name are told apart by their order. */
function named<T>(all: readonly T[], nameOf: (one: T) => string, textOf: (one: T) => string) {
  const seen = new Map<string, number>()
  const found = new Map<string, string>()
  for (const one of all) {
    const name = nameOf(one)
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    found.set(count === 1 ? name : `${name} (${count})`, textOf(one))
  }
  return found
}

const stagesIn = ({ chain }: BootView) =>
  named(
    chain,
    ({ stage }) => stage,
    ({ what, digest }) => `${what} ${digest}`,
  )

const registersIn = ({ registers }: BootView) =>
  named(
    registers,
    ({ bank, pcr }) => `PCR ${pcr} (${bank})`,
    ({ quoted, replayed }) => quoted ?? replayed,
  )

const eventsIn = ({ events }: BootView) =>
  named(
    events.filter(({ digest }) => digest !== null),
    ({ pcr, type }: BootEvent) => `PCR ${pcr} ${type}`,
    ({ digest, text }) => `${text} ${digest}`,
  )

const claimsIn = ({ claims }: BootView): Named =>
  new Map(Object.entries(claims).map(([name, { value }]) => [name, textOf(value)]))

const filesIn = ({ files }: BootView) =>
  named(
    files.filter(({ path }) => path !== 'boot_aggregate'),
    ({ path }) => path,
    ({ digest }) => digest ?? '',
  )

const findingsIn = ({ findings }: BootView) =>
  named(
    findings,
    ({ id }) => id,
    ({ summary }) => summary,
  )
