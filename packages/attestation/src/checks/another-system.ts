import { EV } from '@trusted-launch/eventlog'
import { variablesOf } from '../measured-variables.ts'
import { perLog, type VerifiedEvent } from '../verify-event-log.ts'
import { LOADER_PCRS } from '../windows-boot.ts'
import { BITLOCKER_PCR, WINDOWS_PCR } from '../windows-log.ts'
import { isOfShim } from './authorities.ts'
import { commandLines } from './command-line.ts'
import { isSeparator } from './separators.ts'

/** What the boot manager closes PCR 11 with is a number of 32 bits. */
const bitLockerBytes = 4

/**
 * What no boot of Windows measures, whatever it is told as: command lines of kernels, anything of GRUB's or of the
 * stub of Linux, sections of a kernel's image, shim's keys and authorities. In the order of the log; of a register
 * without a value, too.
 */
export const ofAnotherSystem = perLog((log): readonly VerifiedEvent[] => {
  const lines = commandLines(log).map(({ event }) => event)
  const ofShim = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY)
    .filter(({ variable }) => isOfShim(variable))
    .map(({ event }) => event)
  const known = new Set([...lines, ...ofShim].map(({ index }) => index))
  return log.events.filter((event) => known.has(event.index) || isOfAnother(event))
})

function isOfAnother(event: VerifiedEvent): boolean {
  const { pcrIndex, eventType } = event
  if (eventType === EV.NO_ACTION || isSeparator(event)) return false
  if (pcrIndex === BITLOCKER_PCR) return !closesBitLocker(event)
  if (pcrIndex === WINDOWS_PCR.authorities) return eventType === EV.IPL
  return LOADER_PCRS.includes(pcrIndex)
}

function closesBitLocker({ eventType, data, explanation }: VerifiedEvent): boolean {
  const isWhole = explanation.verified && explanation.rule === 'whole-event'
  return eventType === EV.COMPACT_HASH && isWhole && data.length === bitLockerBytes
}
