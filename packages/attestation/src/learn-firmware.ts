import { toHex } from '@trusted-launch/codec'
import known from '../firmware/learnt.json' with { type: 'json' }
import type { MachineShape } from './expectation.ts'
import { array, type Shape } from './json-shape.ts'
import {
  type Digests,
  firmwareShape,
  type LearntFirmware,
  type ReferenceFirmware,
} from './reference-values.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

const knownMax = 256
const shape: Shape<readonly ReferenceFirmware[]> = array(firmwareShape, { max: knownMax })

/** What this project learnt of a firmware file, by its SHA-256; null: nothing. */
export function knownFirmware(sha256: string): ReferenceFirmware | null {
  return shape(known).find((firmware) => firmware.sha256 === sha256) ?? null
}

/**
 * Learns PCR 0 from a boot that is trusted: a machine of this shape, started for this, on a pristine
 * image. Never from the VM that is then judged by it.
 * @throws {RangeError} PCR 0 does not hold version, two volumes and a separator.
 */
export function learnFirmware(log: VerifiedEventLog, machine: MachineShape): ReferenceFirmware {
  const digests = log.eventsOf(0).map((event) => digestsOf(log, event.digests))
  const [crtmVersion, peifv, dxefv] = digests
  if (digests.length !== 4 || !crtmVersion || !peifv || !dxefv)
    throw new RangeError(`PCR 0 has ${digests.length} events where 4 must be`)
  const learnt = [{ ...machine, digests: peifv }]
  return { sha256: machine.firmwareSha256, crtmVersion, dxefv, learnt }
}

/**
 * What was learnt twice of one firmware file, together.
 * @throws {RangeError} of two files, or the file's own digests contradict each other.
 */
export function mergeFirmware(a: ReferenceFirmware, b: ReferenceFirmware): ReferenceFirmware {
  const same = (one: Digests, other: Digests) =>
    Object.entries(one).every(([bank, digest]) => (other[bank] ?? digest) === digest)
  if (a.sha256 !== b.sha256 || !same(a.crtmVersion, b.crtmVersion) || !same(a.dxefv, b.dxefv))
    throw new RangeError('two firmware files, or two versions of one')
  const isKnown = (one: LearntFirmware) =>
    a.learnt.some(
      ({ memoryMiB, vcpus, digests }) =>
        memoryMiB === one.memoryMiB && vcpus === one.vcpus && same(digests, one.digests),
    )
  return { ...a, learnt: [...a.learnt, ...b.learnt.filter((one) => !isKnown(one))] }
}

function digestsOf(log: VerifiedEventLog, digests: ReadonlyMap<string, Uint8Array>): Digests {
  return Object.fromEntries(
    log.quotes.map(({ bank }) => [bank, toHex(digests.get(bank)!)] as const),
  )
}
