import { MalformedError, Reader, within } from '@trusted-launch/codec'
import { EV, hasSignature, SIGNATURE } from './constants.ts'
import { TCG_PCClientSpecIDEvent, TCG_PCR_EVENT } from './event.ts'
import type { EventLog, LoggedEvent } from './log.ts'
import { checkRegister } from './trust-point.ts'

/**
 * Reads a log of the TPM 1.2 format: SHA-1 alone, no Spec ID event needed. SHA-1 protects nothing
 * by today's measure; this is for looking at old machines, so `decodeEventLog` reads it on request only.
 * @throws {MalformedError}
 * @see TCG PC Client Specific Implementation Specification for Conventional BIOS 1.21, 11.3
 */
export function decodeTcg12(log: Uint8Array): EventLog {
  const from = new Reader(log)
  const events: LoggedEvent[] = []
  return within('EventLog', () => {
    if (from.remaining === 0) throw from.malformed('no event')
    while (from.remaining > 0)
      events.push(within(`events[${events.length}]`, () => readEvent(from, events.length)))
    return { format: 'tcg-1.2', algorithms: ['sha1'], specId: null, events }
  })
}

function readEvent(from: Reader, index: number): LoggedEvent {
  const start = from.position
  const { pcrIndex, eventType, digest, event: data } = TCG_PCR_EVENT.read(from)
  checkRegister({ pcrIndex, eventType, data }, start)
  if (eventType === EV.NO_ACTION) checkSpecId(data, index, from.position - data.length)
  return { index, pcrIndex, eventType, digests: new Map([['sha1', digest]]), data }
}

function checkSpecId(data: Uint8Array, index: number, start: number): void {
  if (!hasSignature(data, SIGNATURE.specId00) && !hasSignature(data, SIGNATURE.specId02)) return
  if (index !== 0) throw new MalformedError('event', start, 'a Spec ID event that is not the first')
  within('event', () => {
    const from = new Reader(data, start)
    TCG_PCClientSpecIDEvent.read(from)
    from.finish()
  })
}
