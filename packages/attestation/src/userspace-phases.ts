import { equalBytes } from '@trusted-launch/codec'
import { BOOT_PHASES, isTextMeasured, type UserspaceRecord } from '@trusted-launch/eventlog'
import type { VerifiedEventLog } from './verify-event-log.ts'

/** systemd's register of the boot's phases. */
export const PHASE_PCR = 11

/** Of these the log has the very text that was measured; of a volume's key it has not. */
const plainTypes: readonly string[] = ['phase', 'machine-id', 'filesystem']

/** Whether more than the firmware's log is in it: then `explainPcrs` found that userspace's gives it. */
export function goesOn({ values, replays }: VerifiedEventLog, pcr: number): boolean {
  return values.some(({ bank, pcrs }) => {
    const quoted = pcrs.get(pcr)
    const replayed = replays.get(bank)!.pcrs.get(pcr)!.value
    return quoted !== undefined && !equalBytes(replayed, quoted)
  })
}

/** Whether the text of a record ought to be what was measured, and is not in one of the banks. */
export function isTextFalse(record: UserspaceRecord, log: VerifiedEventLog): boolean {
  const { eventType, pcrIndex } = record
  if (eventType === null || !plainTypes.includes(eventType) || pcrIndex === null) return false
  return !log.values.every(({ bank }) => isTextMeasured(record, bank))
}

/** The phases that PCR 11 vouches for, each by its text's digest in every bank; others' records left out. */
export function phasesOf(log: VerifiedEventLog): UserspaceRecord[] {
  if (!goesOn(log, PHASE_PCR)) return []
  return log.userspace.filter(
    (record) =>
      record.pcrIndex === PHASE_PCR &&
      record.eventType === 'phase' &&
      log.values.every(({ bank }) => isTextMeasured(record, bank)),
  )
}

/**
 * Whether the firmware's part of the register is sections of a kernel's image: a name, and behind it what the name
 * is of. What else is there userspace may have measured, and its log would begin later.
 */
export function beginsWithSections(log: VerifiedEventLog): boolean {
  const events = log.eventsOf(PHASE_PCR)
  const isNamed = (i: number) => events[i]?.explanation.verified === true
  return events.every((_, i) => isNamed(i) || isNamed(i - 1))
}

/** The first phase out of its turn: unknown, repeated or before one that it follows; null: none. */
export function phaseOutOfTurn(phases: readonly UserspaceRecord[]): UserspaceRecord | null {
  let reached = -1
  for (const phase of phases) {
    const place = BOOT_PHASES.indexOf(phase.text ?? '')
    if (place <= reached) return phase
    reached = place
  }
  return null
}
