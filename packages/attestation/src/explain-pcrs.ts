import { equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import { IMA_PCR, replayUserspaceLog } from '@trusted-launch/eventlog'
import { COMPONENT } from './component.ts'
import { findingOf } from './finding-table.ts'
import type { PcrValues } from './pcr-values.ts'
import type { Profile } from './profile.ts'
import type { ReadLogs } from './read-logs.ts'
import type { Finding } from './result.ts'

/** systemd's own registers: its log may go on where the firmware's ends. */
const userspacePcrs: readonly number[] = [11, 12, 13, 15]

/**
 * What a quoted PCR holds and no log gives: the firmware's log, or where it ends the kernel's IMA list
 * (PCR 10) or systemd's log; a PCR of none of them at its reset value. And a log that tries to choose
 * where PCR 0 starts.
 */
export function explainPcrs(
  parts: ReadLogs,
  values: readonly PcrValues[],
  profile: Profile,
): Finding[] {
  const faults: Finding[] = []
  const [first] = parts.replays.values()
  // check 18
  for (const { code, eventIndex } of first?.faults ?? [])
    faults.push(
      findingOf({
        id: 'eventlog.start',
        summary: `The log tries to choose where PCR 0 starts: ${code}.`,
        pcr: 0,
        events: [eventIndex],
      }),
    )
  faults.push(...faultsOfList(parts))
  for (const { bank, pcrs } of values)
    for (const pcr of pcrs.keys()) {
      const value = pcrs.get(pcr)!
      const fault = faultOfPcr(parts, bank, pcr, value)
      // Its check tells of it.
      if (profile !== 'strict' && isWithoutLog(parts, bank, pcr, value)) continue
      if (fault !== null) faults.push(fault)
    }
  return faults
}

/** The kernel measures its list into PCR 10 and nowhere else, into every bank, from its first entry on. */
function faultsOfList({ imaList, ima, replays }: ReadLogs): Finding[] {
  const elsewhere = imaList.filter(({ pcrIndex }) => pcrIndex !== IMA_PCR)
  // check 40
  if (elsewhere.length > 0)
    return [
      findingOf({
        id: 'ima.register',
        summary: 'The IMA list has entries of another register than PCR 10.',
        pcr: elsewhere[0]!.pcrIndex,
        events: elsewhere.map(({ index }) => index),
      }),
    ]
  const summary = 'There is an IMA list, and a bank whose PCR 10 was never extended.'
  // check 40
  if (imaList.length > 0 && ima.size < replays.size)
    return [findingOf({ id: 'ima.replay', summary, pcr: IMA_PCR })]
  return []
}

/**
 * Registers whose log is somewhere else: the kernel's, userspace's, and those of whoever resets them. Loaders write
 * what they measure into the firmware's log (PCR 8 and 9 GRUB, 11 to 14 stub, shim and Windows): an event that is not
 * there was left out.
 */
const isOfTheSystem = (pcr: number) => pcr === IMA_PCR || pcr > 14

/** Whether a register of the system's holds something, and no log that was given says a word of it. */
export function isWithoutLog(
  { replays, ima, userspace }: Pick<ReadLogs, 'replays' | 'ima' | 'userspace'>,
  bank: HashName,
  pcr: number,
  value: Uint8Array,
): boolean {
  const { events, start } = replays.get(bank)!.pcrs.get(pcr)!
  const told = events.length > 0 || userspace.some(({ pcrIndex }) => pcrIndex === pcr)
  if (!isOfTheSystem(pcr) || told || (pcr === IMA_PCR && ima.has(bank))) return false
  return !equalBytes(value, start)
}

/** What is wrong with one register's value: no log that was given gives it; null: one does. */
export function faultOfPcr(
  parts: ReadLogs,
  bank: HashName,
  pcr: number,
  quoted: Uint8Array,
): Finding | null {
  const replayed = parts.replays.get(bank)!.pcrs.get(pcr)!
  if (equalBytes(replayed.value, quoted)) return null
  const ima = parts.ima.get(bank)
  if (pcr === IMA_PCR && ima !== undefined) {
    // check 40
    if (ima.matched === null)
      return mismatch('ima.replay', 'The IMA list does not give PCR 10.', pcr, ima.value, quoted)
    return null
  }
  const after = valueAfterUserspace(parts, bank, pcr)
  if (after !== null && equalBytes(after, quoted)) return null
  const isLogged = replayed.events.length > 0
  // check 20
  if (isLogged)
    return mismatch(
      'eventlog.replay',
      `The event log does not give PCR ${pcr} (${bank}).`,
      pcr,
      replayed.value,
      quoted,
      replayed.events.map(({ index }) => index),
    )
  const component = pcr === IMA_PCR ? { component: COMPONENT.ima } : {}
  const summary = `No log explains what PCR ${pcr} (${bank}) holds.`
  // check 21
  if (!isLogged)
    return { ...mismatch('pcr.unexplained', summary, pcr, replayed.start, quoted), ...component }
  return null
}

function valueAfterUserspace(parts: ReadLogs, bank: HashName, pcr: number): Uint8Array | null {
  if (!userspacePcrs.includes(pcr) || parts.userspace.length === 0) return null
  const start = new Map([...parts.replays.get(bank)!.pcrs].map(([n, { value }]) => [n, value]))
  try {
    return replayUserspaceLog(parts.userspace, bank, start).get(pcr) ?? null
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function mismatch(
  id: 'ima.replay' | 'eventlog.replay' | 'pcr.unexplained',
  summary: string,
  pcr: number,
  computed: Uint8Array,
  quoted: Uint8Array,
  events: readonly number[] = [],
): Finding {
  return findingOf({ id, summary, pcr, events, expected: toHex(computed), actual: toHex(quoted) })
}
