import { toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import {
  decodeEventLog,
  decodeImaList,
  describeData,
  describeEvent,
  type EventLog,
  eventTypeName,
  MAX_EVENT_LOG_SIZE,
  MAX_IMA_LIST_SIZE,
} from '@trusted-launch/eventlog'
import { Command, Option } from 'commander'
import { type CheckedEventLog, checkEventLog } from '../check-event-log.ts'
import { type ExitCode, UsageError } from '../exit-code.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { decodePcrValues, PCR_FILE_BYTES_MAX, type PcrValues } from '../pcr-values.ts'
import { tableText } from '../table.ts'

const banks = Object.keys(DIGEST_SIZE) as HashName[]
/** Which bank is looked at when none is named: the strongest. */
const preference: readonly HashName[] = ['sha512', 'sha384', 'sha256', 'sha1']

interface Options {
  pcrs?: string
  ima?: string
  bank?: HashName
  tcg12?: boolean
  json?: boolean
}

/** `tl eventlog FILE`: prints a log readably, and with PCR values verifies it. */
export function eventlogCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('eventlog')
    .summary('print an event log readably, and with PCR values verify it')
    .description(
      'Prints each event of a firmware event log: what it says, and whether its digest is the digest of what it says. With PCR values, replays the log and compares. It does not verify a quote: `tl appraise` does.',
    )
    .argument(
      '<file>',
      'the log, as in /sys/kernel/security/tpm0/binary_bios_measurements; - for standard input',
    )
    .option('--pcrs <file>', 'PCR values: {"sha256": {"0": "hex", …}}, or what tpm2_pcrread prints')
    .option('--ima <file>', "the kernel's binary_runtime_measurements, to explain PCR 10")
    .addOption(
      new Option('--bank <name>', 'the bank to look at (default: the strongest there is)').choices(
        banks,
      ),
    )
    .option('--tcg12', 'allow the SHA-1 format of TPM 1.2')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  tl eventlog binary_bios_measurements
  tl eventlog binary_bios_measurements --pcrs pcrs.json --ima binary_runtime_measurements
  tl eventlog - --json < binary_bios_measurements

A line reads: number, PCR, type (never measured), digest, then
  verified    the digest was computed again from the data
  digest      it is the digest of something the log does not hold (a file, an image)
  MISMATCH    the data ought to give the digest and does not
  unmeasured  no PCR knows of it

Exit codes: 0 fine (with --pcrs: every value is explained), 3 the log or a PCR is contradicted,
4 a PCR is left unexplained, 5 malformed.`,
    )
    .action((file: string, options: Options) => done(run(file, options, output)))
}

function run(file: string, options: Options, output: Output): ExitCode {
  const formats = options.tcg12 === true ? (['crypto-agile', 'tcg-1.2'] as const) : undefined
  if (options.ima !== undefined && options.pcrs === undefined)
    throw new UsageError("--ima wants --pcrs: the list explains PCR 10's value")
  const log = decodedFrom(file, 'an event log', MAX_EVENT_LOG_SIZE, (bytes) =>
    decodeEventLog(bytes, formats === undefined ? {} : { formats }),
  )
  const values =
    options.pcrs === undefined
      ? null
      : decodedFrom(options.pcrs, 'a file of PCR values', PCR_FILE_BYTES_MAX, decodePcrValues)
  const imaList =
    options.ima === undefined
      ? null
      : decodedFrom(options.ima, 'an IMA list', MAX_IMA_LIST_SIZE, (bytes) => decodeImaList(bytes))
  const bank = bankFor(log, values, options.bank)
  const checked = checkEventLog(log, bank, values, imaList)
  output.out(
    options.json === true ? jsonText(viewOf(log, checked)) : textOf(log, checked, values, output),
  )
  return checked.exitCode
}

function bankFor(log: EventLog, values: PcrValues | null, asked: HashName | undefined): HashName {
  const has = (bank: HashName) =>
    log.algorithms.includes(bank) && (values === null || values.has(bank))
  const found = preference.find((bank) => has(bank) && (asked === undefined || bank === asked))
  if (found === undefined)
    throw new UsageError(
      `no ${asked ?? 'common'} bank: the log has ${log.algorithms.join(', ')}${values === null ? '' : `, the PCR values ${[...values.keys()].join(', ')}`}`,
    )
  return found
}

function textOf(
  log: EventLog,
  checked: CheckedEventLog,
  values: PcrValues | null,
  { colors, width }: Output,
): string {
  const lines = log.events.map((event) => {
    const explanation = checked.explanations[event.index]!
    const line = describeEvent(event, explanation, event.digests.get(checked.bank))
    return explanation.status === 'mismatch' ? colors.red(line) : line
  })
  const banner = `${log.events.length} events, banks ${log.algorithms.join(', ')}; shown: ${checked.bank}`
  const faults = checked.against.map((sentence) => colors.red(`against it: ${sentence}`))
  const head = ['PCR', 'events', values === null ? 'after this log' : 'given', 'verdict']
  const rows = checked.pcrs.map(({ pcr, events, replayed, given, verdict }) => [
    String(pcr),
    String(events),
    given ?? replayed,
    values === null ? '' : colored(verdict, colors),
  ])
  return `${[banner, '', ...lines, '', tableText(head, rows, width), ...faults].join('\n').trimEnd()}\n`
}

function colored(verdict: string, colors: Output['colors']): string {
  if (verdict === 'equal') return colors.green(verdict)
  return verdict === 'different' ? colors.red(verdict) : colors.yellow(verdict)
}

function viewOf(
  log: EventLog,
  { bank, explanations, pcrs, against, replay, exitCode }: CheckedEventLog,
) {
  const events = log.events.map((event) => {
    const { kind, status, rule, covers, quirk, disguised, data } = explanations[event.index]!
    const digest = event.digests.get(bank)
    return {
      index: event.index,
      pcr: event.pcrIndex,
      type: eventTypeName(event),
      digest: digest === undefined ? null : toHex(digest),
      kind,
      status,
      rule,
      covers,
      quirk,
      disguised,
      text: describeData(data),
      data: toHex(event.data),
    }
  })
  const { startupLocality, hCrtm } = replay
  return {
    format: log.format,
    banks: log.algorithms,
    bank,
    startupLocality,
    hCrtm,
    events,
    pcrs,
    against,
    exitCode,
  }
}
