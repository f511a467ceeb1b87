import type { HashName } from '@trusted-launch/crypto'
import { IMA_PCR } from '@trusted-launch/eventlog'
import type { ReferencePcr } from './reference-variant.ts'
import { PHASE_PCR } from './userspace-phases.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

/** What systemd measures of the machine itself: its id, its filesystems, its keys. */
const identityPcr = 15

/**
 * What a register's reference value is held against: what the TPM holds. Only where events are foretold, and the
 * kernel or systemd went on from the firmware's part by a log of their own (`explainPcrs` found that it gives the
 * rest), it is that part: the list, the phases and the machine's identity are judged, or told, and not foretold.
 */
export function heldValue(
  log: VerifiedEventLog,
  pcr: number,
  bank: HashName,
  { events }: Pick<ReferencePcr, 'events'>,
): Uint8Array {
  const replayed = log.replays.get(bank)!.pcrs.get(pcr)!.value
  const held = log.values.find((one) => one.bank === bank)!.pcrs.get(pcr) ?? replayed
  return events !== null && isContinued(log, pcr, bank) ? replayed : held
}

function isContinued({ ima, userspace }: VerifiedEventLog, pcr: number, bank: HashName): boolean {
  if (pcr === IMA_PCR) return ima.has(bank)
  const isUserspaces = pcr === PHASE_PCR || pcr === identityPcr
  return isUserspaces && userspace.some(({ pcrIndex }) => pcrIndex === pcr)
}
