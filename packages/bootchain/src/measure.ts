import type { Digests, ReferenceEvent, ReferencePcr } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, type HashName } from '@trusted-launch/crypto'

/** What one event hashes, with what a person is told about it. */
export interface Measured {
  readonly component: string
  readonly description: string
  readonly path?: string | null
  /** The digest in one bank; null: it is known by its description alone. */
  readonly digestOf: ((bank: HashName) => Uint8Array) | null
}

/** An event that hashes bytes as they are. */
export function measured(
  component: string,
  description: string,
  bytes: Uint8Array | null,
  path: string | null = null,
): Measured {
  const digestOf = bytes === null ? null : (bank: HashName) => digest(bank, bytes)
  return { component, description, path, digestOf }
}

/** The events of one register and the value it ends at, starting from zeros, in each bank. */
export function referencePcr(
  events: readonly Measured[],
  banks: readonly HashName[],
): ReferencePcr {
  const values: Record<string, string> = {}
  for (const bank of banks) {
    let value = new Uint8Array(DIGEST_SIZE[bank])
    for (const event of events) value = new Uint8Array(digest(bank, value, event.digestOf!(bank)))
    values[bank] = toHex(value)
  }
  return { events: events.map((event) => referenceEvent(event, banks)), values }
}

/** The same of a register whose order is not known: each of these, once. */
export function unorderedPcr(
  events: readonly Measured[],
  banks: readonly HashName[],
): ReferencePcr {
  const all = events.map((event) => referenceEvent(event, banks))
  return {
    events: [...new Map(all.map((one) => [JSON.stringify(one), one])).values()],
    values: null,
  }
}

function referenceEvent(event: Measured, banks: readonly HashName[]): ReferenceEvent {
  const { component, description, path = null } = event
  return { component, description, path, digests: digestsOf(event, banks) }
}

function digestsOf({ digestOf }: Measured, banks: readonly HashName[]): Digests {
  if (digestOf === null) return {}
  return Object.fromEntries(banks.map((bank) => [bank, toHex(digestOf(bank))]))
}
