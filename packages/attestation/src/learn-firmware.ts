import { toHex, within } from '@trusted-launch/codec'
import known from '../firmware/learnt.json' with { type: 'json' }
import type { AppraisalInput } from './appraisal-input.ts'
import { runChecks } from './checks.ts'
import { learntFor } from './compare-firmware.ts'
import type { MachineShape } from './expectation.ts'
import { array, parseJson, type Shape } from './json-shape.ts'
import {
  type Digests,
  firmwareShape,
  type LearntFirmware,
  type ReferenceFirmware,
} from './reference-variant.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'
import { verifyEvidence } from './verify-evidence.ts'

const knownMax = 256
const learntBytesMax = 8 * 1024 * 1024
const shape: Shape<readonly ReferenceFirmware[]> = array(firmwareShape, { max: knownMax })

/**
 * What is known of a firmware file, by its SHA-256: what this project learnt, and what an installation
 * learnt itself; null: nothing.
 * @throws {RangeError} they contradict each other.
 */
export function knownFirmware(
  sha256: string,
  own: readonly ReferenceFirmware[] = [],
): ReferenceFirmware | null {
  const found = [...shape(known), ...own].filter((firmware) => firmware.sha256 === sha256)
  return found.length === 0 ? null : found.reduce(mergeFirmware)
}

/** What an installation learnt, out of its file. @throws {MalformedError} */
export function parseLearntFirmware(bytes: Uint8Array): readonly ReferenceFirmware[] {
  return within('LearntFirmware', () => parseJson(bytes, shape, { max: learntBytesMax }))
}

/**
 * What an installation knows with this learnt besides.
 * @throws {RangeError} it contradicts what was learnt before.
 */
export function withLearnt(
  own: readonly ReferenceFirmware[],
  learnt: ReferenceFirmware,
): readonly ReferenceFirmware[] {
  const at = own.findIndex(({ sha256 }) => sha256 === learnt.sha256)
  return at < 0 ? [...own, learnt] : own.with(at, mergeFirmware(own[at]!, learnt))
}

/**
 * Learns PCR 0 from evidence of a machine that was started for this by who trusts its host: one of this
 * shape, on a pristine image. Never from the VM that is then judged by it. The shape of machine in
 * `expectation` is not looked at, nor are reference values.
 * @throws {RangeError} the evidence does not hold; the message says why.
 */
export function learnFromEvidence(
  input: Pick<AppraisalInput, 'evidence' | 'expectation' | 'time'>,
  machine: MachineShape,
): ReferenceFirmware {
  const { log, findings } = verifyEvidence(input)
  const faults = log === null ? findings : runChecks(log)
  const fault = faults.find(({ severity }) => severity === 'high')
  if (log === null || fault !== undefined) throw new RangeError(fault?.summary ?? 'no log')
  return learnFirmware(log, machine)
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
    learntFor(a, one).some((digests) =>
      Object.entries(one.digests).every(([bank, digest]) => digests[bank] === digest),
    )
  return { ...a, learnt: [...a.learnt, ...b.learnt.filter((one) => !isKnown(one))] }
}

function digestsOf(log: VerifiedEventLog, digests: ReadonlyMap<string, Uint8Array>): Digests {
  return Object.fromEntries(
    log.values.map(({ bank }) => [bank, toHex(digests.get(bank)!)] as const),
  )
}
