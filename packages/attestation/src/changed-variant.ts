import { toHex } from '@trusted-launch/codec'
import type { Pair } from './alignment.ts'
import { claimsOf } from './claims.ts'
import { type Compared, compareEvents } from './compare-references.ts'
import { COMPONENT } from './component.ts'
import { heldValue } from './held-value.ts'
import { eventOf, modulesOf, pcrOf, variablesFrom, wholeOf } from './learn-references.ts'
import { componentOfLearnt } from './learnt-component.ts'
import { isPattern } from './reference-pattern.ts'
import {
  PINNED_PCRS,
  type ReferenceEvent,
  type ReferencePcr,
  type ReferenceVariant,
} from './reference-variant.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

const kernels: readonly string[] = [
  COMPONENT.kernel,
  COMPONENT.unifiedKernelImage,
  COMPONENT.initrd,
]

/** By register: what was expected and what was measured in its place. */
export type Otherwise = ReadonlyMap<number, readonly Omit<EventPair, 'same'>[]>
type EventPair = Pair<ReferenceEvent, ReferenceEvent>

/**
 * A variant with what a log measured otherwise in place of what it says; null: it is as it says, but for PCR 0 and 1.
 * @returns `unordered`: of the registers that it has no order of, what is none of what it expects.
 */
export function changedVariant(
  log: VerifiedEventLog,
  nearest: ReferenceVariant,
  from: ReferenceVariant['origins'][number],
): { readonly variant: ReferenceVariant; readonly unordered: Otherwise } | null {
  const compared = compareEvents(log, nearest)
  const changed = PINNED_PCRS.filter(
    (pcr) => log.pcrs.has(pcr) && !isAsExpected(log, nearest, compared, pcr),
  )
  if (changed.length === 0) return null
  const pcrs = Object.fromEntries(
    changed.map((pcr) => [pcr, registerOf(log, nearest, compared, pcr)]),
  )
  const variables = changed.includes(7)
  const lines = claimsOf(log)['command-line']
  const isLine = changed.some((pcr) => [8, 11, 12].includes(pcr))
  const { kernel } = nearest
  const unordered = changed.filter((pcr) => nearest.pcrs[pcr]?.values === null)
  const variant = {
    ...nearest,
    origins: [from],
    approval: 'needed' as const,
    banks: log.values.map(({ bank }) => bank),
    ...(variables && { variables: variablesFrom(claimsOf(log)), bounds: null }),
    pcrs: { ...nearest.pcrs, ...pcrs },
    kernel: {
      commandLine: isLine ? (lines?.verified ? String(lines.value) : null) : kernel.commandLine,
      modules: compared.some(isOtherKernel) ? modulesOf(log) : kernel.modules,
    },
  }
  return {
    variant,
    unordered: new Map(unordered.map((pcr) => [pcr, otherwise(log, compared, pcr)])),
  }
}

/** A kernel or initrd that is missing stands beside the one that is there instead. */
function otherwise(log: VerifiedEventLog, compared: readonly Compared[], pcr: number) {
  const pairs = compared
    .filter((pair) => pair.pcr === pcr && !pair.same)
    .map((pair) => ({ expected: pair.expected, actual: eventsOf(log, pair)[0] ?? null }))
  const missing = pairs.filter(({ actual }) => actual === null)
  const found = pairs.filter(({ actual }) => actual !== null)
  for (const { expected } of missing) {
    const at = found.findIndex(
      (one) => one.expected === null && one.actual?.component === expected?.component,
    )
    if (at < 0) found.push({ expected, actual: null })
    else found[at] = { ...found[at]!, expected }
  }
  return found
}

const isOtherKernel = ({ same, component }: Compared) => !same && kernels.includes(component)

function isAsExpected(
  log: VerifiedEventLog,
  { pcrs }: ReferenceVariant,
  compared: readonly Compared[],
  pcr: number,
): boolean {
  const pairs = compared.filter((one) => one.pcr === pcr)
  if (pairs.some(({ same }) => !same)) return false
  if (pairs.some(({ held }) => held !== null)) return true
  return log.values.every(({ bank }) => {
    const register = pcrs[pcr]
    if (register === undefined) return false
    const value = toHex(heldValue(log, pcr, bank, register))
    return (register.values?.[bank] ?? value) === value
  })
}

/** What was measured, in the words of what was expected where that is known. */
function registerOf(
  log: VerifiedEventLog,
  { pcrs }: ReferenceVariant,
  compared: readonly Compared[],
  pcr: number,
): ReferencePcr {
  const learnt = pcrOf(log, pcr)
  if ((pcrs[pcr]?.events ?? null) === null) return log.isWhole(pcr) ? learnt : wholeOf(log, pcr)
  if (learnt.events === null) return learnt
  const events = compared.flatMap((pair) => (pair.pcr === pcr ? eventsOf(log, pair) : []))
  return { ...learnt, events }
}

function eventsOf(
  log: VerifiedEventLog,
  { expected, actual, component, same }: Compared,
): ReferenceEvent[] {
  if (actual === null) return []
  const measured = eventOf(log, actual)
  if (expected === null) return [{ ...measured, component: componentOfLearnt(actual) }]
  const isText = actual.pcrIndex === 8 || actual.pcrIndex === 12
  const isTold = !isPattern(expected) && (same || !isText)
  const told = isTold ? { description: expected.description, path: expected.path } : {}
  return [{ ...measured, component, ...told }]
}
