import { MalformedError } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { COMPONENT } from './component.ts'
import type { MachineShape } from './expectation.ts'
import {
  array,
  boolean,
  hex,
  integer,
  nullable,
  object,
  oneOf,
  record,
  type Shape,
  string,
} from './json-shape.ts'
import { boundsShape, type ReferenceBounds } from './reference-bounds.ts'
import {
  type Approval,
  approvalShape,
  originShape,
  type ReferenceOrigin,
} from './reference-origin.ts'
import { faultOfPattern, isPattern } from './reference-pattern.ts'

const eventsMax = 4096
const modulesMax = 16384
const learntMax = 4096
const originsMax = 64

/**
 * The registers that reference values cover, whatever boots: what is not measured into one is foretold
 * as nothing. PCR 0 is judged by its events, PCR 1 not at all, PCR 10 by the IMA list.
 */
export const PINNED_PCRS: readonly number[] = [2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15]

/** Digests of one thing by bank: `{ "sha256": "…", "sha384": "…" }`, lowercase hexadecimal. */
export type Digests = Readonly<Record<string, string>>

/** One measurement that is expected, in the place it is expected in. */
export interface ReferenceEvent {
  /** In a person's words, see COMPONENT: `shim`, `GRUB`, `kernel command line` … */
  readonly component: string
  /** E.g. `EFI/BOOT/BOOTX64.EFI`, or the command line's own text. */
  readonly description: string
  /** Where on the image's disk the measured bytes lie; null: not in a file. */
  readonly path: string | null
  /** Empty: a command of GRUB that is known by its text, with `${…}` where a variable stands. Only without order. */
  readonly digests: Digests
}

/** What one register must go through: these events in this order and no other, to these values. */
export interface ReferencePcr {
  /** Null: only the values are known, in every bank, and decide alone. */
  readonly events: readonly ReferenceEvent[] | null
  /**
   * The register's final value by bank. Null: the order is not known, and each event must be one of `events`; of
   * GRUB's registers alone, see `compareUnordered`.
   */
  readonly values: Digests | null
}

/** A firmware volume's digest that was seen on a machine of this shape and is believed. */
export interface LearntFirmware extends MachineShape {
  /** Of PEIFV, which the firmware changes in memory before it measures it. */
  readonly digests: Digests
}

/** PCR 0, judged by its events: version, PEIFV, DXEFV, separator. */
export interface ReferenceFirmware {
  /** SHA-256 of the CODE file these were made from. */
  readonly sha256: string
  /** Of the S_CRTM_VERSION event. */
  readonly crtmVersion: Digests
  /** Of the firmware volume DXEFV, decompressed. */
  readonly dxefv: Digests
  readonly learnt: readonly LearntFirmware[]
}

/** What the VM's variable store held before its first boot. SHA-256 of each variable's data; null: absent. */
export interface ReferenceVariables {
  readonly secureBoot: boolean
  readonly PK: string | null
  readonly KEK: string | null
  readonly db: string | null
  readonly dbx: string | null
}

/** A kernel module that the kernel's own key signed. */
export interface ReferenceModule {
  readonly path: string
  /** SHA-256 of the whole file, as IMA writes it down. */
  readonly sha256: string
}

/**
 * One boot that is taken: all of it must match. PCR 1 is pinned only by who learnt it from a log: it
 * holds the machine's device paths.
 */
export interface ReferenceVariant {
  /** For people: `small`, `debian-12, kernel 6.1.0-18`. */
  readonly name: string
  /** Where it comes from, all that were merged into it. */
  readonly origins: readonly ReferenceOrigin[]
  readonly approval: Approval
  readonly banks: readonly string[]
  readonly variables: ReferenceVariables
  /** What the Secure Boot variables may hold instead of exactly what PCR 7 names; null: exactly that. */
  readonly bounds: ReferenceBounds | null
  /** Null: PCR 0 is compared only where `pcrs` pins it. */
  readonly firmware: ReferenceFirmware | null
  /** By PCR number: all of `PINNED_PCRS`; of a log, those it was verified by. Without events: it stays as a reset leaves it. */
  readonly pcrs: { readonly [pcr: string]: ReferencePcr }
  readonly kernel: {
    /** As GRUB or the stub measures it; null: not known. */
    readonly commandLine: string | null
    /** Null: not known, and no module can be called untrusted. */
    readonly modules: readonly ReferenceModule[] | null
  }
}

const sha256 = hex({ min: 32, max: 32 })
/** As long as a line of GRUB's configuration may be. */
const words = string({ max: 16384 })
const bankName = /^sha(1|256|384|512)$/
const hexByBank = record(bankName, hex({ min: 20, max: 64 }), { max: 4 })
const digests: Shape<Digests> = (value) => {
  const given = hexByBank(value)
  for (const [bank, { length }] of Object.entries(given))
    if (length !== 2 * DIGEST_SIZE[bank as HashName])
      throw malformed(bank, `${length / 2} bytes, as no digest of it has`)
  return given
}
const size = integer({ min: 1, max: 2 ** 31 })

const pcr: Shape<ReferencePcr> = object({
  events: nullable(
    array(object({ component: words, description: words, path: nullable(words), digests }), {
      max: eventsMax,
    }),
  ),
  values: nullable(digests),
})

const machine = {
  firmwareSha256: sha256,
  memoryMiB: size,
  vcpus: size,
  accelerator: oneOf('kvm', 'tcg'),
}

/** The form of `ReferenceFirmware`. */
export const firmwareShape: Shape<ReferenceFirmware> = object({
  sha256,
  crtmVersion: digests,
  dxefv: digests,
  learnt: array(object({ ...machine, digests }), {
    max: learntMax,
  }),
})

/** The registers that a variant says nothing of, and must. */
export function uncoveredPcrs(
  { pcrs: given }: Pick<ReferenceVariant, 'pcrs'>,
  wanted: readonly number[] = PINNED_PCRS,
): readonly number[] {
  return wanted.filter((number) => !Object.hasOwn(given, String(number)))
}

const fields: Shape<ReferenceVariant> = object({
  name: string({ max: 256 }),
  origins: array(originShape, { max: originsMax }),
  approval: approvalShape,
  banks: array(string({ max: 6, pattern: bankName }), { max: 4 }),
  variables: object({
    secureBoot: boolean,
    PK: nullable(sha256),
    KEK: nullable(sha256),
    db: nullable(sha256),
    dbx: nullable(sha256),
  }),
  bounds: nullable(boundsShape),
  firmware: nullable(firmwareShape),
  pcrs: record(/^([0-9]|1[0-9]|2[0-3])$/, pcr, { max: 24 }),
  kernel: object({
    commandLine: nullable(words),
    modules: nullable(array(object({ path: words, sha256 }), { max: modulesMax })),
  }),
})

const noEvents =
  'nothing is measured, and a value that only events give; "events": null compares the value alone'

/** The firmware's registers whose events are the same on each boot: no variant goes without. */
const leastPcrs: readonly number[] = [2, 3, 4, 5, 6, 7]

/** The form of `ReferenceVariant`. */
export const variantShape: Shape<ReferenceVariant> = (value) => {
  const variant = fields(value)
  const { origins, approval } = variant
  if (origins.length === 0) throw malformed('origins', 'none: nobody can say where it comes from')
  const learnt = origins.every(({ kind }) => kind === 'log')
  if (learnt && approval === 'not-needed')
    throw malformed('approval', 'what was learnt from a log must be approved')
  const missing = uncoveredPcrs(variant, learnt ? leastPcrs : PINNED_PCRS)
  if (missing.length > 0) throw malformed('pcrs', `nothing of PCR ${missing.join(', ')}`)
  for (const [number, { events, values }] of Object.entries(variant.pcrs)) {
    checkOrder(number, events, values)
    for (const bank of values === null ? [] : variant.banks) {
      if (!Object.hasOwn(values!, bank)) throw malformed(`pcrs.${number}.values`, `no ${bank}`)
      // what a reset leaves: TPM 2.0 PC Client Platform TPM Profile, PCR attributes
      const isStatic = Number(number) > 0 && Number(number) < 16
      if (isStatic && events?.length === 0 && /[^0]/.test(values![bank]!))
        throw malformed(`pcrs.${number}`, noEvents)
    }
  }
  if (variant.bounds !== null && variant.pcrs[7]?.events === null)
    throw malformed('bounds', 'sets want the events of PCR 7')
  return variant
}

/** GRUB's commands, and the files that it reads: what is measured there follows from its configuration. */
const unorderedPcrs: readonly string[] = ['8', '9']

function checkOrder(
  number: string,
  events: readonly ReferenceEvent[] | null,
  values: Digests | null,
): void {
  const at = `pcrs.${number}`
  const patterns = (events ?? []).filter(isPattern)
  if (values !== null) {
    if (patterns.length > 0) throw malformed(at, 'an event without digests, in order')
    return
  }
  if (!unorderedPcrs.includes(number) || events === null)
    throw malformed(`${at}.values`, 'null, which PCR 8 and 9 alone may be, with events')
  const lines = events.filter(({ component }) => component === COMPONENT.kernelCommandLine)
  if (number === '8' && lines.length !== 1)
    throw malformed(at, 'without order there is exactly one kernel command line')
  if (number !== '8' && patterns.length > 0) throw malformed(at, 'a file without digests')
  for (const { component, description } of patterns) {
    const fault =
      component === COMPONENT.grubConfiguration ? faultOfPattern(description) : 'no command'
    if (fault !== null) throw malformed(at, fault)
  }
}

/** Whether a register holds what is expected of it as a whole; null: it is compared event by event, or not at all. */
export function holdsWhole(
  { pcrs }: Pick<ReferenceVariant, 'pcrs'>,
  pcr: number,
  bank: HashName,
  value: string,
): boolean | null {
  const expected = pcrs[pcr]
  return expected?.events === null ? expected.values?.[bank] === value : null
}

/** Whether it may be believed: not before somebody approved what needs it. */
export function isApproved({ approval }: Pick<ReferenceVariant, 'approval'>): boolean {
  return approval !== 'needed'
}

function malformed(path: string, reason: string): MalformedError {
  return new MalformedError(path, 0, reason)
}
