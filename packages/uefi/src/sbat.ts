import { fromUtf8, MalformedError } from '@trusted-launch/codec'
import { type PeImage, sectionOf } from './pe.ts'

/** One component of an image or one revocation: its name and generation. shim, SBAT.md. */
export interface SbatEntry {
  readonly component: string
  readonly generation: number
  /** Vendor, package, version, address: for people, judged by nobody. */
  readonly notes: readonly string[]
}

/** An image's component that is older than the level wants. */
export interface SbatRevoked {
  readonly component: string
  readonly generation: number
  readonly minimum: number
}

const textBytesMax = 64 << 10
const entriesMax = 256

/**
 * SBAT lines: `component,generation[,notes…]`, one each, until the end or a NUL.
 * @throws {MalformedError} no UTF-8, a generation that is no positive number, or more than 256 lines.
 */
export function parseSbat(bytes: Uint8Array): SbatEntry[] {
  if (bytes.length > textBytesMax) throw new MalformedError('SBAT', 0, 'more than 64 KiB')
  const end = bytes.indexOf(0)
  const text = fromUtf8(end < 0 ? bytes : bytes.subarray(0, end))
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (lines.length > entriesMax) throw new MalformedError('SBAT', 0, `${lines.length} lines`)
  return lines.map(parseLine)
}

/** The section `.sbat` of an image; null when it has none: shim then refuses to start it. */
export function sbatOf(image: PeImage): SbatEntry[] | null {
  const section = sectionOf(image, '.sbat')
  return section === null ? null : parseSbat(section.rawData)
}

/**
 * The components of an image that a level revokes: those it names with a higher generation.
 * A component that the level does not name is free. shim, SBAT.md, "Generation number".
 */
export function revokedBySbat(
  components: readonly SbatEntry[],
  level: readonly SbatEntry[],
): SbatRevoked[] {
  return components.flatMap(({ component, generation }) => {
    const minimum = level.find((entry) => entry.component === component)?.generation ?? 0
    return generation < minimum ? [{ component, generation, minimum }] : []
  })
}

function parseLine(line: string, i: number): SbatEntry {
  const [component, generation, ...notes] = line.split(',')
  if (component === undefined || component === '' || !/^\d{1,9}$/.test(generation ?? ''))
    throw new MalformedError(`SBAT[${i}]`, 0, 'not a component and its generation')
  return { component, generation: Number(generation), notes }
}
