import { equalBytes } from '@trusted-launch/codec'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

/**
 * systemd's log: nothing says what its records ought to be, so that there are any is told; and one
 * whose register did not go on from the firmware's log is contradicted by it.
 */
export function checkUserspace(log: VerifiedEventLog): Finding[] {
  const pcrs = new Set(log.userspace.map(({ pcrIndex }) => pcrIndex))
  return [...pcrs].map((pcr) => {
    const indexes = log.userspace.filter((one) => one.pcrIndex === pcr).map(({ index }) => index)
    const records = `${indexes.length} record${indexes.length === 1 ? '' : 's'}`
    if (pcr === null || goesOn(log, pcr)) {
      const where = pcr === null ? 'an NV index' : `PCR ${pcr}`
      const summary = `Userspace measured into ${where}: ${records} that nothing judges.`
      return findingOf({ id: 'userspace-log.unjudged', summary, pcr })
    }
    const summary = `PCR ${pcr} holds nothing of what userspace's log says: ${records}.`
    return findingOf({ id: 'userspace-log.replay', summary, pcr })
  })
}

/** Whether more than the firmware's log is in it: then `explainPcrs` found that userspace's gives it. */
function goesOn({ values, replays }: VerifiedEventLog, pcr: number): boolean {
  return values.some(({ bank, pcrs }) => {
    const quoted = pcrs.get(pcr)
    const replayed = replays.get(bank)!.pcrs.get(pcr)!.value
    return quoted !== undefined && !equalBytes(replayed, quoted)
  })
}
