import { toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import type { MachineShape } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Digests, ReferenceFirmware } from './reference-variant.ts'
import type { Finding } from './result.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/**
 * PCR 0 by its events, in every quoted bank: the version, PEIFV, DXEFV, a separator and nothing else. PEIFV must be one
 * that was learnt on a machine of this shape; when none was, that is a finding of its own. A PCR 0
 * *value* is never pinned: it changes with memory and processors.
 */
export function compareFirmware(
  log: VerifiedEventLog,
  firmware: ReferenceFirmware,
  machine: MachineShape | null,
): Finding[] {
  const events = log.eventsOf(0)
  const [version, peifv, dxefv, separator, ...more] = events
  // check 41
  if (separator === undefined || more.length > 0)
    return [
      findingOf({
        id: 'firmware.changed',
        summary: 'PCR 0 does not hold version, two volumes and a separator.',
        pcr: 0,
        events: events.map(({ index }) => index),
        expected: '4 events',
        actual: `${events.length} events`,
      }),
    ]
  return log.values.flatMap(({ bank }) => [
    // check 41
    ...compare(bank, version!, firmware.crtmVersion, "The firmware's version"),
    ...comparePeifv(bank, peifv!, firmware, machine),
    // check 41
    ...compare(bank, dxefv!, firmware.dxefv, 'The firmware volume DXEFV'),
  ])
}

/** What was learnt for this shape of machine and firmware; empty: nothing. */
export function learntFor(
  { learnt }: ReferenceFirmware,
  machine: MachineShape | null,
): readonly Digests[] {
  return learnt
    .filter(
      (one) =>
        machine !== null &&
        one.firmwareSha256 === machine.firmwareSha256 &&
        one.memoryMiB === machine.memoryMiB &&
        one.vcpus === machine.vcpus &&
        one.accelerator === machine.accelerator,
    )
    .map(({ digests }) => digests)
}

function comparePeifv(
  bank: HashName,
  event: VerifiedEvent,
  firmware: ReferenceFirmware,
  machine: MachineShape | null,
): Finding[] {
  const known = learntFor(firmware, machine)
  const actual = toHex(event.digests.get(bank)!)
  if (known.some((digests) => digests[bank] === actual)) return []
  const common = { pcr: 0, events: [event.index], actual }
  // check 41
  if (known.length === 0)
    return [
      findingOf({
        id: 'firmware.not-learnt',
        summary: 'No firmware volume PEIFV was learnt for a machine of this shape.',
        ...common,
      }),
    ]
  // check 41
  if (known.length > 0)
    return [
      findingOf({
        id: 'firmware.changed',
        summary: 'The firmware volume PEIFV is none that was learnt for a machine of this shape.',
        expected: known.map((digests) => digests[bank]).join(' or '),
        ...common,
      }),
    ]
  return []
}

function compare(bank: HashName, event: VerifiedEvent, expected: Digests, what: string): Finding[] {
  const actual = toHex(event.digests.get(bank)!)
  if (expected[bank] === actual) return []
  return [
    findingOf({
      id: 'firmware.changed',
      summary: `${what} is not the one expected.`,
      pcr: 0,
      events: [event.index],
      expected: expected[bank] ?? null,
      actual,
    }),
  ]
}
