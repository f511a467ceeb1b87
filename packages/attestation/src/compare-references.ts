import { toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { align, type Pair } from './alignment.ts'
import { boundsOf, type Held } from './compare-bounds.ts'
import { compareUnordered, holdsInBank } from './compare-unordered.ts'
import { COMPONENT } from './component.ts'
import { expectedDigests, type IsExpected } from './expected-digests.ts'
import { type FindingId, findingOf } from './finding-table.ts'
import { heldValue } from './held-value.ts'
import { secureBootPcr } from './measured-variables.ts'
import { printable } from './printable.ts'
import {
  PINNED_PCRS,
  type ReferenceEvent,
  type ReferenceVariant,
  uncoveredPcrs,
} from './reference-variant.ts'
import type { Finding } from './result.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/** One place of one PCR: what was expected there, what was measured; the same within its bounds, else by its digest. */
export interface Compared extends Pair<ReferenceEvent, VerifiedEvent> {
  readonly pcr: number
  readonly component: string
  /** How the variant's bounds take it; null: they do not speak of it, and its digest decides. */
  readonly held: Held | null
}

const ids: Readonly<Record<string, FindingId>> = {
  [COMPONENT.kernelCommandLine]: 'kernel-command-line.changed',
  [COMPONENT.initrd]: 'initrd.changed',
  [COMPONENT.kernel]: 'kernel.changed',
  [COMPONENT.unifiedKernelImage]: 'unified-kernel-image.changed',
  [COMPONENT.grub]: 'grub.changed',
  [COMPONENT.shim]: 'shim.changed',
  [COMPONENT.systemdBoot]: 'systemd-boot.changed',
  [COMPONENT.grubConfiguration]: 'grub-configuration.changed',
  [COMPONENT.secureBoot]: 'secure-boot-variables.changed',
  [COMPONENT.secureBootVariables]: 'secure-boot-variables.changed',
  [COMPONENT.mok]: 'mok.changed',
  [COMPONENT.partitionTable]: 'partition-table.changed',
  [COMPONENT.firmware]: 'firmware.changed',
  [COMPONENT.firmwareSettings]: 'firmware-settings.changed',
}

/** Lays every pinned PCR's events beside the expected ones, in the strongest quoted bank. */
export function compareEvents(log: VerifiedEventLog, variant: ReferenceVariant): Compared[] {
  const bounds = boundsOf(log, variant)
  const isExpected = expectedDigests(variant)
  const heldOf = (a: ReferenceEvent | null, b: VerifiedEvent | null, pcr: number) => {
    const held = a === null || b === null || pcr !== secureBootPcr ? null : bounds.get(b.index)
    return held?.variable === a?.description && held?.component === a?.component
      ? (held ?? null)
      : null
  }
  return Object.entries(variant.pcrs).flatMap(([number, { events, values }]) => {
    if (events === null) return []
    const pcr = Number(number)
    const same = (a: ReferenceEvent, b: VerifiedEvent) => {
      const held = heldOf(a, b, pcr)
      return held === null ? isExpected(a.digests, log.bank, b.digest) : held.faults.length === 0
    }
    const measured = log.eventsOf(pcr)
    const pairs =
      values === null
        ? compareUnordered(events, measured, log.bank)
        : align(events, measured, same, alike(pcr))
    return pairs.map(({ expected, actual, same }) => ({
      expected,
      actual,
      pcr,
      component: expected?.component ?? componentOf(actual!),
      same,
      held: heldOf(expected, actual, pcr),
    }))
  })
}

/** Whether what was measured may be what was expected, changed: in PCR 7 the same variable, in PCR 8 a command line for one. */
function alike(pcr: number): (expected: ReferenceEvent, actual: VerifiedEvent) => boolean {
  return ({ component, description }, actual) => {
    const data = pcr === secureBootPcr ? actual.explanation.data : null
    if (data?.kind === 'variable') return data.variable.unicodeName === description
    const isLine = componentOf(actual) === COMPONENT.kernelCommandLine
    return isLine === (component === COMPONENT.kernelCommandLine)
  }
}

/** What an event that nothing expected is about, as far as the register and verified data tell. */
export function componentOf({ pcrIndex, eventType, explanation }: VerifiedEvent): string {
  const data = explanation.verified ? explanation.data : null
  if (data?.kind === 'ipl' && data.by === 'kernel_cmdline') return COMPONENT.kernelCommandLine
  const component = componentOfPcr(pcrIndex)
  const isGpt = eventType === EV.EFI_GPT_EVENT || eventType === EV.EFI_GPT_EVENT2
  return isGpt && component === COMPONENT.bootManager ? COMPONENT.partitionTable : component
}

/** What a register is about. */
function componentOfPcr(pcrIndex: number): string {
  if (pcrIndex === 12) return COMPONENT.kernelCommandLine
  if (pcrIndex === 7) return COMPONENT.secureBootVariables
  if (pcrIndex === 8 || pcrIndex === 9) return COMPONENT.grubConfiguration
  if (pcrIndex === 14) return COMPONENT.mok
  if (pcrIndex === 2 || pcrIndex === 3) return COMPONENT.optionRom
  if (pcrIndex === 0 || pcrIndex === 6) return COMPONENT.firmware
  if (pcrIndex === 1) return COMPONENT.firmwareSettings
  return COMPONENT.bootManager
}

/** What differs from the variant, one finding for each place; and each bank's values. */
export function compareReferences(
  log: VerifiedEventLog,
  variant: ReferenceVariant,
  compared: readonly Compared[],
): Finding[] {
  return [
    // check 41
    ...compared.filter(({ same }) => !same).flatMap(findingsOfPair(log.bank)),
    ...faultsOfCoverage(log, variant),
    ...compared.flatMap(disguisedLine),
    ...log.values.flatMap(({ bank }) => faultsOfBank(log, variant, compared, bank)),
  ]
}

/**
 * A value that differs though no event did: the variant contradicts itself, or the other bank was
 * extended otherwise, or by what no event tells of.
 */
function faultsOfBank(
  log: VerifiedEventLog,
  variant: ReferenceVariant,
  compared: readonly Compared[],
  bank: HashName,
): Finding[] {
  // check 41
  if (!variant.banks.includes(bank))
    return [
      findingOf({
        id: 'reference-values.bank',
        summary: `The reference values have no ${bank} digests.`,
      }),
    ]
  const isExpected = expectedDigests(variant)
  return Object.entries(variant.pcrs).flatMap(([number, register]) => {
    const { values } = register
    const pcr = Number(number)
    const actual = heldValue(log, pcr, bank, register)
    const pairs = compared.filter((pair) => pair.pcr === pcr)
    if (pairs.some(({ same }) => !same)) return []
    if (values === null) return faultsOfUnordered(pairs, pcr, bank, isExpected)
    // Where bounds take another value than was named, each event else must have its digest.
    const isOther = ({ expected, actual: event, held }: Compared) =>
      held === null && !isExpected(expected!.digests, bank, event!.digests.get(bank)!)
    const isWithin = pairs.some(({ held }) => held !== null) && !pairs.some(isOther)
    const component = pairs.length === 0 ? componentOfPcr(pcr) : COMPONENT.bootManager
    // check 41
    if (!isWithin && !isExpected(values, bank, actual))
      return [
        findingOf({
          id: ids[component] ?? 'boot-chain.changed',
          component,
          summary: `PCR ${pcr} (${bank}) does not hold what is expected.`,
          pcr,
          expected: values[bank] ?? null,
          actual: toHex(actual),
        }),
      ]
    return []
  })
}

/** The other banks of a register without an order: each event holds there as it does in the strongest. */
function faultsOfUnordered(
  pairs: readonly Compared[],
  pcr: number,
  bank: HashName,
  isExpected: IsExpected,
): Finding[] {
  const other = pairs.find((pair) => !holdsInBank(pair, bank, isExpected))
  // check 41
  if (other !== undefined)
    return [
      findingOf({
        id: ids[other.component] ?? 'boot-chain.changed',
        component: other.component,
        summary: `What was measured into PCR ${pcr} (${bank}) is none of what is expected.`,
        pcr,
        events: [other.actual!.index],
        expected: other.expected!.digests[bank] ?? other.expected!.description,
        actual: toHex(other.actual!.digests.get(bank)!),
      }),
    ]
  return []
}

/**
 * GRUB's prefixes, which tell a command from the kernel's command line, are not measured: the place among
 * what is expected does.
 */
function disguisedLine({ pcr, expected, actual, same }: Compared): Finding[] {
  if (pcr !== 8 || !same || expected === null || actual === null) return []
  const { data } = actual.explanation
  const isLine = data.kind === 'ipl' && data.by === 'kernel_cmdline'
  const summary = isLine
    ? 'What GRUB did is logged as the kernel command line.'
    : 'The kernel command line is logged as something else.'
  // check 37
  if (isLine !== (expected.component === COMPONENT.kernelCommandLine))
    return [
      findingOf({
        id: 'kernel-command-line.disguised',
        summary,
        pcr,
        events: [actual.index],
        expected: expected.description,
      }),
    ]
  return []
}

function faultsOfCoverage(log: VerifiedEventLog, variant: ReferenceVariant): Finding[] {
  const unquoted = PINNED_PCRS.filter((pcr) => !log.pcrs.has(pcr))
  const missing = uncoveredPcrs(variant).filter((pcr) => log.pcrs.has(pcr))
  const findings: Finding[] = []
  // check 41
  if (missing.length > 0)
    findings.push(
      findingOf({
        id: 'reference-values.incomplete',
        summary: `The reference values say nothing of PCR ${missing.join(', ')}.`,
      }),
    )
  // check 41
  if (unquoted.length > 0)
    findings.push(
      findingOf({
        id: 'reference-values.not-quoted',
        summary: `What was measured into PCR ${unquoted.join(', ')} is not quoted, so it is not compared.`,
      }),
    )
  return findings
}

function findingsOfPair(bank: HashName): (pair: Compared) => readonly Finding[] {
  return ({ expected, actual, component, pcr, held }) => {
    if (held !== null) return held.faults
    return [
      findingOf({
        id: ids[component] ?? 'boot-chain.changed',
        component,
        summary: summaryOf(pcr, component, expected, actual),
        pcr,
        events: actual === null ? [] : [actual.index],
        expected: expected === null ? null : expectedText(pcr, expected, bank),
        actual: actual === null ? null : actualText(actual),
      }),
    ]
  }
}

function summaryOf(
  pcr: number,
  component: string,
  expected: ReferenceEvent | null,
  actual: VerifiedEvent | null,
): string {
  if (expected === null) return `Something more was measured: ${component}.`
  const what = whatIs(pcr, expected)
  return actual === null ? `The ${what} was not measured.` : `The ${what} is not the one expected.`
}

function whatIs(pcr: number, { component, path, description }: ReferenceEvent): string {
  if (component === COMPONENT.kernelCommandLine) return component
  if (pcr === 7 && component === COMPONENT.secureBoot && description === 'db')
    return 'entry of db that lets the loader run'
  if (pcr === 7 && description !== 'separator') return `variable ${description}`
  if (pcr === 8) return `GRUB command "${description}"`
  return `${component} (${path ?? description})`
}

/** PCR 8 holds text, which is compared with text; all else are digests. */
function expectedText(pcr: number, { description, digests }: ReferenceEvent, bank: HashName) {
  return pcr === 8 || pcr === 12 ? description : (digests[bank] ?? null)
}

// Text only where the digest vouches for it.
function actualText({ digest, explanation: { data, verified } }: VerifiedEvent): string {
  if (verified && data.kind === 'ipl' && data.by !== 'text') return printable(data.text)
  return toHex(digest)
}
