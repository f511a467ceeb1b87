import { toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import { bootAggregateRule, type ImaEntry, templateHashHolds } from '@trusted-launch/eventlog'
import { moduleComponent } from './component.ts'
import { findingOf } from './finding-table.ts'
import { once } from './frozen.ts'
import { secureBootOf } from './measured-variables.ts'
import { printable } from './printable.ts'
import type { ReferenceVariant } from './reference-variant.ts'
import type { Finding } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

const modulePath = /\.ko(\.(xz|gz|zst))?$/
const bankNames: readonly string[] = ['sha1', 'sha256', 'sha384', 'sha512']

/**
 * The IMA list as far as PCR 10 vouches for it: it is of this boot (boot_aggregate), and every module
 * it names is one that the kernel's key signed. A module that is not was refused by a kernel under
 * lockdown: its file was read, and that is what the list says. The path is a hint, the digest is
 * measured. Entries after the quoted value are not judged.
 */
export function checkIma(log: VerifiedEventLog, references: ReferenceVariant | null): Finding[] {
  const lists = [...log.ima.values()]
  const [any] = lists
  if (any === undefined) return faultOfNone(references)
  const entries = any.entries.slice(0, Math.max(...lists.map(({ matched }) => matched ?? 0)))
  const findings = [...checkAggregate(entries[0], log), ...entries.flatMap(faultOfHash)]
  // A kernel without SHA-384 pads that bank with SHA-1: one bank with whole digests is enough.
  // check 40
  if (lists.every(({ paddedSha1 }) => paddedSha1))
    findings.push(
      findingOf({
        id: 'ima.padded',
        summary: 'The kernel measured SHA-1 digests padded by zeros.',
        pcr: 10,
      }),
    )
  const modules = references?.kernel.modules ?? null
  // check 41
  if (modules === null && entries.length > 1)
    findings.push(
      findingOf({
        id: 'reference-values.modules',
        summary:
          "Which modules the kernel's key signed is not known: none is judged, and each may be another kernel.",
        // Without any reference values that is told already.
        ...(references === null ? { severity: 'info' } : {}),
        pcr: 10,
        events: entries.slice(1).map(({ index }) => index),
      }),
    )
  const lockedDown = secureBootOf(log) === true
  return [...findings, ...checkImaEntries(entries.slice(1), { modules, lockedDown })]
}

/**
 * What is told of entries behind the first, each of which PCR 10 vouches for: violations, files that are no
 * modules, modules that are none of these.
 * @param by `modules` null: which are signed is not known, so none is told. `lockedDown`: whether the kernel
 *   refuses what its key did not sign, as it does under Secure Boot.
 */
export function checkImaEntries(
  entries: readonly ImaEntry[],
  by: {
    readonly modules: Modules | null
    readonly lockedDown: boolean
  },
): Finding[] {
  const { modules, lockedDown } = by
  const signed = modules === null ? null : signedModules(modules)
  return entries.flatMap((entry) => checkEntry(entry, lockedDown, signed))
}

type Modules = readonly { readonly sha256: string }[]
const signedModules = once(
  (modules: Modules): ReadonlySet<string> =>
    new Set(modules.map(({ sha256 }) => `sha256:${sha256}`)),
)

/** PCR 10 is at its start: whatever the kernel read, it measured nothing of it. */
function faultOfNone(references: ReferenceVariant | null): Finding[] {
  const summary = 'The kernel measured no module that it read: none can be judged.'
  // check 40
  if ((references?.kernel.modules ?? null) !== null)
    return [findingOf({ id: 'ima.missing', summary, pcr: 10 })]
  return []
}

/** Whether a finding is of the list itself, and not of what reference values say of it. */
export function isOfImaList({ id }: Finding): boolean {
  return id.startsWith('ima.')
}

/** The list's own SHA-1 of an entry vouches for nothing; where it is wrong, somebody wrote the list anew. */
function faultOfHash(entry: ImaEntry): Finding[] {
  const summary = `The hash that entry ${entry.index} is listed with is not of its data.`
  // check 40
  if (!templateHashHolds(entry))
    return [findingOf({ id: 'ima.template-hash', summary, pcr: 10, events: [entry.index] })]
  return []
}

function checkAggregate(entry: ImaEntry | undefined, log: VerifiedEventLog): Finding[] {
  const algorithm = entry?.data.kind === 'fields' ? entry.data.digest.algorithm : ''
  const bank = bankNames.includes(algorithm) ? (algorithm as HashName) : null
  const quote = log.values.find((one) => one.bank === bank)
  const pcrs = quote?.pcrs
  // Of a violation only ones are measured, and nothing of its data.
  if (entry?.violation === false && bank !== null && pcrs !== undefined)
    if (bootAggregateRule(entry, bank, pcrs) !== null) return []
  const common = { id: 'ima.boot-aggregate', pcr: 10, events: [0] } as const
  const isAggregate = entry?.violation === false && nameOf(entry) === 'boot_aggregate'
  const unasked = AGGREGATED.filter((pcr) => pcrs?.has(pcr) !== true)
  const isAsked = !isAggregate || bank === null || unasked.length === 0
  const what = pcrs === undefined ? `the bank ${bank}` : `PCR ${unasked.join(', ')}`
  const untold = `Whether the IMA list begins with the aggregate of this boot cannot be told: ${what} is not quoted.`
  // It was not asked for: that refuses nothing, as PCR 10 vouches for the list all the same.
  // check 40
  if (!isAsked) return [findingOf({ ...common, severity: 'low', summary: untold })]
  const summary = 'The IMA list does not begin with the aggregate of this boot.'
  // check 40
  if (isAsked) return [findingOf({ ...common, summary })]
  return []
}

function nameOf({ data }: ImaEntry): string | null {
  return data.kind === 'fields' ? data.name : null
}

/** What kernels since 5.8 aggregate. */
const AGGREGATED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

function checkEntry(
  entry: ImaEntry,
  lockedDown: boolean,
  signed: ReadonlySet<string> | null,
): Finding[] {
  const common = { pcr: 10, events: [entry.index] }
  // check 40
  if (entry.violation)
    return [
      findingOf({
        id: 'ima.violation',
        summary: `Entry ${entry.index} is a violation: a file changed while it was measured.`,
        ...common,
      }),
    ]
  // check 40
  if (entry.data.kind !== 'fields')
    return [
      findingOf({
        id: 'ima.unexpected-file',
        summary: `Entry ${entry.index} cannot be read.`,
        ...common,
      }),
    ]
  const { name, digest } = entry.data
  const actual = `${printable(digest.algorithm)}:${toHex(digest.digest)}`
  const isModule = modulePath.test(name)
  const path = printable(name.slice(0, 512))
  // check 40
  if (!isModule)
    return [
      findingOf({
        id: 'ima.unexpected-file',
        summary: `${path} was measured; no module, so perhaps another kernel (kexec).`,
        ...common,
        actual,
      }),
    ]
  // check 40
  if (isModule && signed?.has(actual) === false)
    return [
      findingOf({
        id: 'module.untrusted',
        component: moduleComponent(path),
        summary: lockedDown
          ? `${path} is not signed by the kernel's key: a kernel under lockdown refuses it.`
          : `${path} is not signed by the kernel's key.`,
        ...common,
        expected: "one of the kernel's signed modules",
        actual,
      }),
    ]
  return []
}
