import { align } from './alignment.ts'
import type { Otherwise } from './changed-variant.ts'
import { COMPONENT } from './component.ts'
import { BOUND_VARIABLES, type ReferenceBounds, without } from './reference-bounds.ts'
import { isPattern } from './reference-pattern.ts'
import type { ReferenceValues } from './reference-values.ts'
import type { ReferenceEvent, ReferencePcr, ReferenceVariant } from './reference-variant.ts'

/** One thing in which two variants differ. */
export interface ReferenceDifference {
  /** The variants' names, before and after; null: there is none. */
  readonly variants: readonly [string | null, string | null]
  readonly component: string
  /** Null: about no one register. */
  readonly pcr: number | null
  readonly change: 'added' | 'removed' | 'changed'
  readonly before: string | null
  readonly after: string | null
  /** Of what is measured after, in the strongest bank, also where text is shown; null: it is not one event. */
  readonly digest: string | null
  /** In a sentence. */
  readonly summary: string
}

/**
 * In what two files of reference values differ, by component: each variant against the one of its name,
 * or, where there is one on each side, against that. Empty: they take the same boots.
 */
export function diffReferences(a: ReferenceValues, b: ReferenceValues): ReferenceDifference[] {
  return pairsOf(a.variants, b.variants).flatMap(([before, after]) => {
    if (before !== null && after !== null) return diffVariants(before, after)
    const { name } = (before ?? after)!
    const change = before === null ? 'added' : 'removed'
    return [
      {
        variants: [before?.name ?? null, after?.name ?? null] as const,
        component: COMPONENT.referenceValues,
        pcr: null,
        change,
        before: before?.name ?? null,
        after: after?.name ?? null,
        digest: null,
        summary: `The variant "${name}" was ${change}.`,
      } as const,
    ]
  })
}

type VariantPair = readonly [ReferenceVariant | null, ReferenceVariant | null]

function pairsOf(a: readonly ReferenceVariant[], b: readonly ReferenceVariant[]): VariantPair[] {
  if (a.length === 1 && b.length === 1) return [[a[0]!, b[0]!]]
  const left = [...b]
  const first = a.map((one): VariantPair => {
    const at = left.findIndex(({ name }) => name === one.name)
    return [one, at < 0 ? null : left.splice(at, 1)[0]!]
  })
  return [...first, ...left.map((one): VariantPair => [null, one])]
}

function diffVariants(a: ReferenceVariant, b: ReferenceVariant): ReferenceDifference[] {
  const variants = [a.name, b.name] as const
  return differencesOf(a, b).map((one) => ({ variants, ...one }))
}

/**
 * In what two variants differ, by component.
 * @param unordered what is known of registers that only the first has no order of: each is told event by event.
 */
export function differencesOf(
  a: ReferenceVariant,
  b: ReferenceVariant,
  unordered: Otherwise = new Map(),
): Omit<ReferenceDifference, 'variants'>[] {
  const told: Omit<ReferenceDifference, 'variants'>[] = []
  const pcrs = new Set([...Object.keys(a.pcrs), ...Object.keys(b.pcrs)])
  for (const pcr of [...pcrs].map(Number).sort((x, y) => x - y)) {
    const pairs = unordered.get(pcr)
    const events = pairs?.map(({ expected, actual }) => diffEvent(pcr, expected, actual))
    told.push(...(events ?? diffPcr(a, b, pcr)))
  }
  told.push(...diffBounds(a.bounds, b.bounds), ...diffModules(a, b), ...diffFirmware(a, b))
  if (a.banks.join() !== b.banks.join())
    told.push(changed(COMPONENT.referenceValues, null, 'The banks', a.banks.join(), b.banks.join()))
  return told
}

function diffPcr(a: ReferenceVariant, b: ReferenceVariant, pcr: number) {
  const [before, after] = [a.pcrs[pcr], b.pcrs[pcr]]
  if (before === undefined || after === undefined) {
    const change = before === undefined ? 'added' : 'removed'
    const summary = `PCR ${pcr} is ${before === undefined ? 'compared now' : 'no longer compared'}.`
    const component = COMPONENT.referenceValues
    return [{ component, pcr, change, before: null, after: null, digest: null, summary } as const]
  }
  if (howOf(before) !== howOf(after))
    return [
      changed(
        COMPONENT.referenceValues,
        pcr,
        `How PCR ${pcr} is compared`,
        howOf(before),
        howOf(after),
      ),
    ]
  if (before.events === null || after.events === null) return diffWhole(pcr, before, after)
  const same = (x: ReferenceEvent, y: ReferenceEvent) => {
    if (isPattern(x) || isPattern(y))
      return isPattern(x) === isPattern(y) && x.description === y.description
    const banks = Object.keys(x.digests).filter((bank) => Object.hasOwn(y.digests, bank))
    return banks.length > 0 && banks.every((bank) => x.digests[bank] === y.digests[bank])
  }
  const alike = (x: ReferenceEvent, y: ReferenceEvent) => x.component === y.component
  return align(before.events, after.events, same, alike).flatMap(({ expected, actual }) => {
    if (expected !== null && actual !== null && same(expected, actual)) return []
    return [diffEvent(pcr, expected, actual)]
  })
}

function howOf({ events, values }: ReferencePcr): string {
  if (events === null) return 'by its value alone'
  return values === null ? 'event by event, in any order' : 'event by event'
}

/** A register that both compare by its value alone. */
function diffWhole(pcr: number, { values: before }: ReferencePcr, { values: after }: ReferencePcr) {
  const differ = Object.entries(before ?? {}).filter(
    ([bank, value]) => (after?.[bank] ?? value) !== value,
  )
  return differ.map(([bank, value]) =>
    changed(
      COMPONENT.referenceValues,
      pcr,
      `The value of PCR ${pcr} (${bank})`,
      value,
      after![bank]!,
    ),
  )
}

function diffEvent(pcr: number, a: ReferenceEvent | null, b: ReferenceEvent | null) {
  const { component, description, path } = (b ?? a)!
  const what = `${component} (${path ?? (description === '' ? 'no name' : description)})`
  const bank = strongestOf(a, b)
  const text = (one: ReferenceEvent | null) =>
    one === null ? null : pcr === 8 || pcr === 12 ? one.description : (one.digests[bank] ?? null)
  const digest = b?.digests[bank] ?? null
  if (a !== null && b !== null)
    return { ...changed(component, pcr, `The ${what}`, text(a), text(b)), digest }
  const change = a === null ? ('added' as const) : ('removed' as const)
  const summary = `The ${what} is ${a === null ? 'measured now' : 'no longer measured'} into PCR ${pcr}.`
  return { component, pcr, change, before: text(a), after: text(b), digest, summary }
}

/** The strongest bank that all of these have a digest of, or the first: what is shown side by side is of one bank. */
function strongestOf(...events: readonly (ReferenceEvent | null)[]): string {
  const given = events.flatMap((one) => (one === null ? [] : [one.digests]))
  const banks = ['sha512', 'sha384', 'sha256', 'sha1']
  const all = banks.find((bank) => given.every((digests) => Object.hasOwn(digests, bank)))
  return all ?? banks.find((bank) => Object.hasOwn(given[0]!, bank)) ?? ''
}

function changed(
  component: string,
  pcr: number | null,
  what: string,
  before: string | null,
  after: string | null,
) {
  const summary = `${what} changed.`
  return { component, pcr, change: 'changed' as const, before, after, digest: null, summary }
}

function diffBounds(a: ReferenceBounds | null, b: ReferenceBounds | null) {
  const component = COMPONENT.secureBootVariables
  if (a === null || b === null) {
    if (a === b) return []
    const text = (one: ReferenceBounds | null) => (one === null ? 'exactly' : 'by sets')
    return [changed(component, 7, 'How the variables are compared', text(a), text(b))]
  }
  const sets = BOUND_VARIABLES.flatMap((name) => {
    const one = (change: 'added' | 'removed', from: typeof a, to: typeof a) =>
      without(from[name], to[name]).map((entry) => {
        const text = entry.name ?? entry.sha256
        const what = name === 'dbx' ? 'required' : 'allowed'
        const summary = `${text} is ${change === 'added' ? 'now' : 'no longer'} ${what} in ${name}.`
        const [before, after] = change === 'added' ? [null, text] : [text, null]
        return { component, pcr: 7, change, before, after, digest: null, summary }
      })
    return [...one('removed', a, b), ...one('added', b, a)]
  })
  const levels = [a, b].map(({ sbat, bootManagerSvn }) =>
    JSON.stringify([sbat === null ? null : Object.entries(sbat).sort(), bootManagerSvn]),
  )
  if (levels[0] === levels[1]) return sets
  return [...sets, changed(component, 7, 'The least levels', levels[0]!, levels[1]!)]
}

function diffModules({ kernel: a }: ReferenceVariant, { kernel: b }: ReferenceVariant) {
  const hashes = ({ modules }: typeof a) => new Set(modules?.map(({ sha256 }) => sha256))
  const [before, after] = [hashes(a), hashes(b)]
  const count = (from: Set<string>, to: Set<string>) => [...from].filter((x) => !to.has(x)).length
  const [gone, come] = [count(before, after), count(after, before)]
  if (gone + come === 0 && (a.modules === null) === (b.modules === null)) return []
  const text = ({ modules }: typeof a) => (modules === null ? 'not known' : `${modules.length}`)
  const what = `Of the kernel's signed modules ${gone} went and ${come} came: the list`
  return [changed(COMPONENT.kernel, 10, what, text(a), text(b))]
}

function diffFirmware({ firmware: a }: ReferenceVariant, { firmware: b }: ReferenceVariant) {
  const text = (one: typeof a) => (one === null ? 'not known' : one.sha256)
  if (text(a) !== text(b)) return [changed(COMPONENT.firmware, 0, 'The firmware', text(a), text(b))]
  const learnt = (one: typeof a) => `${one?.learnt.length ?? 0} shapes of machine`
  if (learnt(a) === learnt(b)) return []
  return [changed(COMPONENT.firmware, 0, 'What was learnt of the firmware', learnt(a), learnt(b))]
}
