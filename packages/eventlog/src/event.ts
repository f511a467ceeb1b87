import {
  bytes,
  type Codec,
  list,
  type Of,
  placed,
  type Reader,
  sized,
  struct,
  u8,
  u16le,
  u32le,
} from '@trusted-launch/codec'
import {
  BANKS,
  type Bank,
  bankOf,
  MAX_BANKS,
  MAX_EVENT_LOG_SIZE,
  MAX_VENDOR_INFO,
} from './constants.ts'

/** An event of the TPM 1.2 format, and the first event of every log. PC Client PFP, TCG_PCClientPCREvent. */
export const TCG_PCR_EVENT = struct('TCG_PCR_EVENT', {
  pcrIndex: u32le,
  eventType: u32le,
  digest: bytes(20),
  event: sized(u32le, { max: MAX_EVENT_LOG_SIZE }),
})
export type TCG_PCR_EVENT = Of<typeof TCG_PCR_EVENT>

/** What one bank's digests look like in this log. PC Client PFP, TCG_EfiSpecIdEventAlgorithmSize. */
export const TCG_EfiSpecIdEventAlgorithmSize = struct('TCG_EfiSpecIdEventAlgorithmSize', {
  algorithmId: u16le,
  digestSize: u16le,
})

/** The data of the first event: how the log is written. PC Client PFP, TCG_EfiSpecIDEvent. */
export const TCG_EfiSpecIDEvent = struct('TCG_EfiSpecIDEvent', {
  signature: bytes(16),
  platformClass: u32le,
  specVersionMinor: u8,
  specVersionMajor: u8,
  specErrata: u8,
  uintnSize: u8,
  digestSizes: list(u32le, TCG_EfiSpecIdEventAlgorithmSize, { max: MAX_BANKS }),
  vendorInfo: sized(u8, { max: MAX_VENDOR_INFO }),
})
export type TCG_EfiSpecIDEvent = Of<typeof TCG_EfiSpecIDEvent>

/** The data of the first event of a TPM 1.2 log. PC Client Specific Implementation 1.22, TCG_EfiSpecIDEventStruct. */
export const TCG_PCClientSpecIDEvent = struct('TCG_PCClientSpecIDEvent', {
  signature: bytes(16),
  platformClass: u32le,
  specVersionMinor: u8,
  specVersionMajor: u8,
  specErrata: u8,
  uintnSize: u8,
  vendorInfo: sized(u8, { max: MAX_VENDOR_INFO }),
})

/** An event of the crypto-agile format: one digest for each bank that the log declares. */
export interface TCG_PCR_EVENT2 {
  pcrIndex: number
  eventType: number
  digests: ReadonlyMap<Bank, Uint8Array>
  event: Uint8Array
}

/**
 * The digests of one event, for a log that declares `banks`: each of them exactly once, in any
 * order, and no other. TPM 2.0 Part 2, TPML_DIGEST_VALUES, little-endian as PC Client PFP writes it.
 */
function digestValues(banks: readonly Bank[]): Codec<ReadonlyMap<Bank, Uint8Array>> {
  return {
    read(from) {
      const count = u32le.read(from)
      // check 14
      if (count !== banks.length)
        throw from.malformed(`${count} digests where the log declares ${banks.length}`)
      const digests = new Map<Bank, Uint8Array>()
      try {
        while (digests.size < count) readDigest(from, banks, digests)
      } catch (e) {
        throw placed(e, `[${digests.size}]`)
      }
      return digests
    },
    write(to, digests) {
      u32le.write(to, digests.size)
      for (const [bank, digest] of digests) {
        if (!banks.includes(bank)) throw new RangeError(`bank ${bank} is not declared`)
        u16le.write(to, BANKS[bank].algorithmId)
        bytes(BANKS[bank].size).write(to, digest)
      }
      if (digests.size !== banks.length) throw new RangeError('a digest for each bank must be')
    },
  }
}

function readDigest(from: Reader, banks: readonly Bank[], digests: Map<Bank, Uint8Array>): void {
  const algorithmId = u16le.read(from)
  const bank = bankOf(algorithmId)
  // check 14
  if (bank === undefined || !banks.includes(bank))
    throw from.malformed(`algorithm 0x${algorithmId.toString(16)} is not declared`)
  // check 14
  if (digests.has(bank)) throw from.malformed(`a second ${bank} digest`)
  digests.set(bank, from.take(BANKS[bank].size))
}

const eventData = sized(u32le, { max: MAX_EVENT_LOG_SIZE })

/** The layout of an event of a log that declares `banks`. PC Client PFP, TCG_PCR_EVENT2. */
export function TCG_PCR_EVENT2(banks: readonly Bank[]): Codec<TCG_PCR_EVENT2> {
  const digestsOf = digestValues(banks)
  return {
    name: 'TCG_PCR_EVENT2',
    // By hand what `struct` does: a log has thousands, and this is four times as fast.
    read(from) {
      let reading = 'pcrIndex'
      try {
        const pcrIndex = u32le.read(from)
        reading = 'eventType'
        const eventType = u32le.read(from)
        reading = 'digests'
        const digests = digestsOf.read(from)
        reading = 'event'
        return { pcrIndex, eventType, digests, event: eventData.read(from) }
      } catch (e) {
        throw placed(e, reading)
      }
    },
    write(to, { pcrIndex, eventType, digests, event }) {
      u32le.write(to, pcrIndex)
      u32le.write(to, eventType)
      digestsOf.write(to, digests)
      eventData.write(to, event)
    },
  }
}
