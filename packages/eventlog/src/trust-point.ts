import { MalformedError } from '@trusted-launch/codec'
import { EV, PCR_COUNT } from './constants.ts'
import type { LoggedEvent } from './log.ts'
import { decodeSipa } from './sipa.ts'
import { SIPAEVENT } from './sipa-ids.ts'

/** The place of what is in no register. */
export const NO_PCR = 0xffff_ffff

/**
 * Every event is of a PCR that a TPM has; but Windows adds to its log, as an EV_NO_ACTION of no
 * register, quotes of what it had measured so far. Nothing vouches for those: they are carried, and
 * no claim comes from them. Windows SDK, wbcl.h, SIPAEVENT_TRUSTPOINT_AGGREGATION.
 *
 * @param start where the event begins in the log.
 * @throws {MalformedError} another register than 0 to 23, for anything else.
 */
export function checkRegister(
  event: Pick<LoggedEvent, 'pcrIndex' | 'eventType' | 'data'>,
  start: number,
  registers = PCR_COUNT,
): void {
  const { pcrIndex, eventType, data } = event
  if (pcrIndex < registers) return
  if (pcrIndex === NO_PCR && eventType === EV.NO_ACTION && isTrustPoint(data)) return
  // check 15
  throw new MalformedError('pcrIndex', start, `there is no PCR ${pcrIndex}`)
}

function isTrustPoint(data: Uint8Array): boolean {
  try {
    return decodeSipa(data).every(({ eventID }) => eventID === SIPAEVENT.TRUSTPOINT_AGGREGATION)
  } catch (e) {
    if (e instanceof MalformedError) return false
    throw e
  }
}
