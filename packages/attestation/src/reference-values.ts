import { MalformedError, within } from '@trusted-launch/codec'
import { encodeCanonical, type Json } from './canonical-json.ts'
import type { MachineShape } from './expectation.ts'
import {
  array,
  boolean,
  hex,
  integer,
  nullable,
  object,
  oneOf,
  parseJson,
  record,
  type Shape,
  string,
} from './json-shape.ts'

/** At most this many bytes of JSON. */
export const referenceValuesBytesMax = 8 * 1024 * 1024
const eventsMax = 4096
const modulesMax = 16384
const learntMax = 4096

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
  readonly digests: Digests
}

/** What one register must go through: these events in this order and no other, to these values. */
export interface ReferencePcr {
  readonly events: readonly ReferenceEvent[]
  /** The register's final value by bank. */
  readonly values: Digests
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
 * What a VM made from an image must measure: made from the pristine image and the VM's variable store
 * before the first boot, never from the VM's own disk or log. PCR 1 is not pinned: it holds the
 * machine's device paths.
 */
export interface ReferenceValues {
  readonly version: 1
  readonly image: { readonly name: string; readonly sha256: string }
  readonly banks: readonly string[]
  readonly variables: ReferenceVariables
  /** Null: PCR 0 is not compared. */
  readonly firmware: ReferenceFirmware | null
  /** By PCR number: all of `PINNED_PCRS`. Without events: it stays as a reset leaves it. */
  readonly pcrs: { readonly [pcr: string]: ReferencePcr }
  readonly kernel: {
    /** As GRUB or the stub measures it; null: not known. */
    readonly commandLine: string | null
    /** Null: not known, and no module can be called untrusted. */
    readonly modules: readonly ReferenceModule[] | null
  }
}

const sha256 = hex({ min: 32, max: 32 })
const words = string({ max: 8192 })
const bankName = /^sha(1|256|384|512)$/
const digests = record(bankName, hex({ min: 20, max: 64 }), { max: 4 })
const size = integer({ min: 1, max: 2 ** 31 })

const pcr: Shape<ReferencePcr> = object({
  events: array(object({ component: words, description: words, path: nullable(words), digests }), {
    max: eventsMax,
  }),
  values: digests,
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

const everyPcr = record(/^([0-9]|1[0-9]|2[0-3])$/, pcr, { max: 24 })
const pcrs: Shape<ReferenceValues['pcrs']> = (value) => {
  const made = everyPcr(value)
  const missing = uncoveredPcrs({ pcrs: made })
  if (missing.length === 0) return made
  throw new MalformedError('', 0, `nothing of PCR ${missing.join(', ')}`)
}

/** The registers that these reference values say nothing of, and must. */
export function uncoveredPcrs({ pcrs: given }: Pick<ReferenceValues, 'pcrs'>): readonly number[] {
  return PINNED_PCRS.filter((number) => !Object.hasOwn(given, String(number)))
}

const shape: Shape<ReferenceValues> = object({
  version: oneOf(1),
  image: object({ name: words, sha256 }),
  banks: array(string({ max: 6, pattern: bankName }), { max: 4 }),
  variables: object({
    secureBoot: boolean,
    PK: nullable(sha256),
    KEK: nullable(sha256),
    db: nullable(sha256),
    dbx: nullable(sha256),
  }),
  firmware: nullable(firmwareShape),
  pcrs,
  kernel: object({
    commandLine: nullable(words),
    modules: nullable(array(object({ path: words, sha256 }), { max: modulesMax })),
  }),
})

/**
 * Reads reference values out of JSON in UTF-8, at most 8 MiB.
 * @throws {MalformedError} another version, an unknown or missing name, a value of another form.
 */
export function parseReferenceValues(bytes: Uint8Array): ReferenceValues {
  return within('ReferenceValues', () => parseJson(bytes, shape, { max: referenceValuesBytesMax }))
}

/** The same out of a value already parsed. @throws {MalformedError} */
export function checkReferenceValues(value: unknown): ReferenceValues {
  return within('ReferenceValues', () => shape(value))
}

/** Canonical JSON (RFC 8785) in UTF-8: the same values, the same bytes, the same hash. */
export function encodeReferenceValues(values: ReferenceValues): Uint8Array {
  return encodeCanonical(values as unknown as Json)
}
