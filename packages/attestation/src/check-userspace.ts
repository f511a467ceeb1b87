import type { UserspaceRecord } from '@trusted-launch/eventlog'
import { findingOf } from './finding-table.ts'
import { printable } from './printable.ts'
import type { Finding } from './result.ts'
import { goesOn, isTextFalse, PHASE_PCR, phaseOutOfTurn, phasesOf } from './userspace-phases.ts'
import { perLog, type VerifiedEventLog } from './verify-event-log.ts'

/**
 * systemd's log. Its phases are what every boot goes through, in their order; nothing says what its other
 * records ought to be, so that there are any is told. A record whose text is not what was measured was
 * forged; one whose register did not go on from the firmware's log is contradicted by it.
 */
export const checkUserspace = perLog((log): readonly Finding[] => {
  const forged = log.userspace.filter((record) => isTextFalse(record, log))
  const pcrs = new Set(log.userspace.map(({ pcrIndex }) => pcrIndex))
  const findings = [...pcrs].flatMap((pcr) => checkRegister(log, pcr))
  // check 37
  if (forged.length > 0) findings.push(forgedText(forged))
  const late = phaseOutOfTurn(phasesOf(log))
  // check 37
  if (late !== null) findings.push(outOfTurn(late))
  return findings
})

function checkRegister(log: VerifiedEventLog, pcr: number | null): Finding[] {
  const own = log.userspace.filter(({ pcrIndex }) => pcrIndex === pcr)
  const records = `${own.length} record${own.length === 1 ? '' : 's'}`
  const contradicted = `PCR ${pcr} holds nothing of what userspace's log says: ${records}.`
  // check 21
  if (pcr !== null && !goesOn(log, pcr))
    return [findingOf({ id: 'userspace-log.replay', summary: contradicted, pcr })]
  const where = pcr === null ? 'an NV index' : `PCR ${pcr}`
  const summary = `Userspace measured into ${where}: ${records} that nothing judges.`
  const isJudged = pcr === PHASE_PCR && own.length === phasesOf(log).length
  // check 21
  if (!isJudged) return [findingOf({ id: 'userspace-log.unjudged', summary, pcr })]
  return []
}

function forgedText([first, ...more]: readonly UserspaceRecord[]): Finding {
  return findingOf({
    id: 'userspace-log.data',
    summary: `Record ${first!.index} of userspace's log says what was not measured.`,
    pcr: first!.pcrIndex,
    actual: `${more.length + 1} such`,
  })
}

function outOfTurn({ index, pcrIndex, text }: UserspaceRecord): Finding {
  return findingOf({
    id: 'userspace-log.phase',
    summary: `Record ${index} of userspace's log is a phase out of its turn.`,
    pcr: pcrIndex,
    actual: printable((text ?? '').slice(0, 64)),
  })
}
