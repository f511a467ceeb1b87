import { appraiseEventLog, forgetKnown } from '@trusted-launch/attestation'
import { encode, fromLatin1 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  ACTION,
  buildEventLog,
  decodeImaList,
  EV,
  encodeEventLog,
  encodeImaList,
  encodeTemplateData,
  IMA_PCR,
  type ImaEntry,
  type NewEvent,
  replay,
  replayIma,
} from '@trusted-launch/eventlog'
import {
  GUIDS,
  SignatureDatabase,
  sha256List,
  UEFI_VARIABLE_DATA,
  VARIABLES,
  type VariableName,
} from '@trusted-launch/uefi'
import { against, measured, type Row } from './row.ts'
import { median } from './statistics.ts'

const rounds = 9
/** Before the first: until they are over the kind that comes first is measured with the compiler at work. */
const warmUpRounds = 6
/** Least processor time of one measurement: below it the clock is too coarse, and the collector's turn is chance. */
const leastMs = 60
const sizes = [1, 10, 100] as const
const eventsAtOne = 40
const goal = 10.5

const measure = (
  pcrIndex: number,
  eventType: number,
  data: Uint8Array,
  measuredData = data,
): NewEvent => ({
  ...{ pcrIndex, eventType, data },
  digests: new Map([['sha256' as const, digest('sha256', measuredData)]]),
})

const ofPcr7 = (eventType: number, { guid, name }: VariableName, variableData: Uint8Array) =>
  measure(
    7,
    eventType,
    encode(UEFI_VARIABLE_DATA, { variableName: guid, unicodeName: name, variableData }),
  )

/** A signature database of so many digests. */
const databaseOf = (count: number) =>
  encode(SignatureDatabase, [
    sha256List(
      GUIDS.SHIM_LOCK_GUID,
      times(count, (i) => new Uint8Array(32).fill(i)),
    ),
  ])

/** Logs of `count` events of one kind: what somebody writes who wants the verifier to be slow. */
const shapes: Record<string, (count: number) => NewEvent[]> = {
  'GRUB commands': (count) =>
    times(count, (i) => measure(8, EV.IPL, fromLatin1(`grub_cmd: set a=${i}`))),
  'separators of one register': (count) =>
    times(count, () => measure(4, EV.SEPARATOR, new Uint8Array(4))),
  'authorities that do not read': (count) =>
    times(count, (i) => measure(7, EV.EFI_VARIABLE_AUTHORITY, fromLatin1(`authority ${i}`))),
  'authorities that read, of a db as long': (count) => [
    ofPcr7(EV.EFI_VARIABLE_DRIVER_CONFIG, VARIABLES.db, databaseOf(count)),
    ...times(count, (i) =>
      ofPcr7(EV.EFI_VARIABLE_AUTHORITY, VARIABLES.db, fromLatin1(`the entry's owner ${i}`)),
    ),
  ],
  'one variable again and again': (count) =>
    times(count, () => ofPcr7(EV.EFI_VARIABLE_DRIVER_CONFIG, VARIABLES.dbt, databaseOf(1))),
  'boot options called': (count) =>
    times(count, () => measure(4, EV.EFI_ACTION, fromLatin1(ACTION.callingApplication))),
  'images before any was called': (count) =>
    times(count, (i) => measure(4, EV.EFI_BOOT_SERVICES_APPLICATION, new Uint8Array(32).fill(i))),
  'command lines': (count) =>
    times(count, (i) => measure(8, EV.IPL, fromLatin1(`kernel_cmdline: /vmlinuz ${i}`))),
  'texts that end in NULs, four times as many': (count) =>
    times(4 * count, () => measure(8, EV.IPL, fromLatin1('a\0'), fromLatin1('a'))),
  'types that nobody knows': (count) =>
    times(count, (i) => measure(i % 8, 0x7000_0000 + i, new Uint8Array(8).fill(i))),
}

/** How the time of a verdict grows with the log, each kind of log at 1, 10 and 100 times as many events. */
export async function measureGrowth(progress: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, eventsOf] of Object.entries(shapes)) {
    progress(name)
    rows.push(...rowsOf(name, (count) => verdictOn(eventsOf(count), 0)))
  }
  progress('entries of the IMA list')
  rows.push(...rowsOf('entries of the IMA list', (count) => verdictOn([], count)))
  return rows
}

function rowsOf(name: string, prepare: (count: number) => () => unknown): Row[] {
  const works = sizes.map((size) => prepare(eventsAtOne * size))
  const spent = works.map((): number[] => [])
  // Compiled for each size: else the first one measured pays for all.
  for (let round = 0; round < warmUpRounds; round++) for (const work of works) cpuMsOf(work)
  for (let round = 0; round < rounds; round++)
    for (const [i, work] of works.entries()) spent[i]!.push(cpuMsOf(work))
  const found = spent.map(median)
  const rows = [measured(`${name}, ${eventsAtOne}`, found[0]!, 'ms')]
  for (const [i, size] of sizes.entries())
    if (i > 0) rows.push(against(rows[i - 1]!, `${name}, ${eventsAtOne * size}`, found[i]!, goal))
  return rows
}

/** Appraises such a log against values that fit it; nothing is remembered from the time before. */
function verdictOn(events: readonly NewEvent[], imaEntries: number): () => unknown {
  const log = buildEventLog(['sha256'], events)
  const values = new Map([...replay(log, 'sha256').pcrs].map(([pcr, { value }]) => [pcr, value]))
  const list = times(imaEntries, entry)
  const none = new Uint8Array(32)
  if (imaEntries > 0)
    values.set(IMA_PCR, replayIma(list, 'sha256', none, { start: values.get(IMA_PCR)! }).value)
  const imaLog = imaEntries > 0 ? encodeImaList(list) : null
  const eventLog = encodeEventLog(log)
  const pcrs = new Map([['sha256' as const, values]])
  const input = { eventLog, imaLog, userspaceLog: null, pcrs, profile: 'strict' as const }
  return () => {
    forgetKnown()
    return appraiseEventLog(input)
  }
}

function entry(index: number): ImaEntry {
  const file = { algorithm: 'sha256', digest: digest('sha256', fromLatin1(`${index}`)) }
  const templateData = encodeTemplateData(file, `/lib/modules/${index}.ko`)
  const templateHash = digest('sha1', templateData)
  const written = { pcrIndex: IMA_PCR, templateHash, templateName: 'ima-ng', templateData }
  return decodeImaList(encodeImaList([{ ...written, violation: false }]))[0]!
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** Processor time of one run, of as many as it takes to be measured. */
function cpuMsOf(work: () => unknown): number {
  for (let runs = 1; ; runs *= 4) {
    const before = process.cpuUsage()
    for (let i = 0; i < runs; i++) work()
    const { user, system } = process.cpuUsage(before)
    const ms = (user + system) / 1000
    if (ms >= leastMs) return ms / runs
  }
}
