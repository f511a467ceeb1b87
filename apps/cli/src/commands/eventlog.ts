import {
  appraiseEventLog,
  decodePcrValues,
  type EventLogAppraisal,
  type EventLogInput,
  PCR_FILE_BYTES_MAX,
  type PcrsByBank,
  PROFILES,
  type Profile,
  pcrRows,
} from '@trusted-launch/attestation'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { explain } from '@trusted-launch/eventlog'
import { Command, Option } from 'commander'
import { asConfidential, isOfConfidentialVm, registersNote } from '../confidential-log.ts'
import { textOfEventLog } from '../event-log-text.ts'
import { viewOfEventLog, viewOfNothing } from '../event-log-view.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { documented, isMalformed, partFrom } from '../input-fault.ts'
import { logsFrom } from '../log-files.ts'
import { jsonText, type Output } from '../output.ts'

const banks = Object.keys(DIGEST_SIZE) as HashName[]

interface Options {
  pcrs?: string
  ima?: string
  userspaceLog?: string
  bank?: HashName
  profile: Profile
  ccel?: boolean
  json?: boolean
}

/** `tl eventlog FILE`: prints a log readably, and with PCR values verifies it. */
export function eventlogCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('eventlog')
    .summary('print an event log readably, and with PCR values verify it')
    .description(
      'Prints each event of a firmware event log: what it says, and whether its digest is the digest of what it says. With PCR values, says whether the log is genuine and well-formed: it gives those values, and every event is where it may be. It does not verify a quote, and holds nothing against a VM that has Secure Boot off: `tl appraise` does.',
    )
    .argument(
      '<file>',
      'the log, as in /sys/kernel/security/tpm0/binary_bios_measurements; - for standard input',
    )
    .option(
      '--pcrs <file>',
      'PCR values, of PCR 0 to 7 at least: JSON {"sha256": {"0": "hex", …}}, what tpm2_pcrread prints, or what tpm2_quote -o writes',
    )
    .option('--ima <file>', "the kernel's binary_runtime_measurements, to explain PCR 10")
    .option(
      '--userspace-log <file>',
      "systemd's tpm2-measure.log, to explain PCR 11, 12, 13 and 15",
    )
    .addOption(
      new Option(
        '--bank <name>',
        'the one bank to look at (default: all that have values; without any the strongest is shown)',
      ).choices(banks),
    )
    .addOption(profileOption())
    .option(
      '--ccel',
      'the log is an area of memory, and ends in padding (ACPI CCEL); one that begins in register 1 is taken for one',
    )
    .option('--json', 'one JSON document, also of what cannot be read')
    .addHelpText(
      'after',
      `
Examples:
  tl eventlog binary_bios_measurements
  tl eventlog binary_bios_measurements --pcrs pcrs.json --ima binary_runtime_measurements
  tl eventlog binary_bios_measurements --pcrs quote.pcrs --ima binary_runtime_measurements --profile strict
  tl eventlog - --json < binary_bios_measurements

A line reads: number, PCR, type (never measured), digest (its first 16 digits; --json has all), then
  verified    the digest was computed again from the data
  digest      it is the digest of something the log does not hold (a file, an image)
  MISMATCH    the data ought to give the digest and does not
  unmeasured  no PCR knows of it

Exit codes: 0 verified, or no --pcrs to verify by, 3 refused, 4 verified with tolerances or warnings,
5 malformed.`,
    )
    .action((file: string, options: Options) =>
      done(documented(options, output, viewOfNothing, () => run(file, options, output))),
    )
}

/** Logs that somebody brings are of anybody's firmware: so are the deviations that are told, not refused. */
export function profileOption(): Option {
  return new Option(
    '--profile <name>',
    'strict: of a VM on our own firmware; pc-client: of any firmware, whose usual deviations are told and not refused',
  )
    .choices(PROFILES)
    .default('pc-client')
}

function run(file: string, options: Options, output: Output): ExitCode {
  for (const name of ['ima', 'userspaceLog'] as const)
    if (options[name] !== undefined && options.pcrs === undefined)
      throw new UsageError(
        `--${name === 'ima' ? 'ima' : 'userspace-log'} wants --pcrs: it explains a PCR's value`,
      )
  const pcrs = pcrsFrom(options)
  const logs = logsFrom({ ...options, eventLog: file })
  const confidential = options.ccel === true || isOfConfidentialVm(logs.eventLog)
  const input = { ...logs, pcrs, profile: options.profile }
  const padding = confidential ? 'acpi' : 'none'
  const given = inBank(appraiseEventLog({ ...input, padding }), options.bank)
  const appraisal = confidential ? asConfidential(given) : given
  const rows = pcrRows(appraisal, input)
  const exitCode = exitCodeFor(appraisal)
  const named = `${appraisal.findings[0]?.summary}${hintOf(appraisal, input)}`
  if (exitCode === EXIT.malformed) output.err(`tl: ${file}: malformed: ${named}\n`)
  if (options.json === true)
    output.out(jsonText(viewOfEventLog(appraisal, rows, options.profile, exitCode)))
  else if (!appraisal.malformed)
    output.out(textOfEventLog(appraisal, rows, output, confidential ? registersNote : null))
  return exitCode
}

/** What a file that does not parse may be. Some confidential VM's log begins as any other: only its padding tells. */
function hintOf({ malformed, findings }: EventLogAppraisal, input: EventLogInput): string {
  const reads = (other: Partial<EventLogInput>) =>
    malformed && !appraiseEventLog({ ...input, ...other }).malformed
  if (reads({ profile: 'pc-client' }))
    return '; it is of the TPM 1.2 format, which only --profile pc-client reads'
  if (findings[0]?.summary.startsWith('EventLog.events[0]')) return '; no event log begins so'
  if (/: truncated at byte \d+$/.test(findings[0]?.summary ?? ''))
    return '; the file ends too early: copy it whole, with cat'
  const isPadded = reads({ padding: 'acpi' })
  return isPadded ? '; what follows is padding, as an ACPI CCEL area has: --ccel' : ''
}

function pcrsFrom({ pcrs, bank }: Options): PcrsByBank {
  if (pcrs === undefined) return new Map()
  const values = partFrom(
    'pcrs.malformed',
    pcrs,
    'a file of PCR values',
    PCR_FILE_BYTES_MAX,
    decodePcrValues,
  )
  if (bank === undefined) return values
  const asked = values.get(bank)
  if (asked === undefined)
    throw new UsageError(`${pcrs} has no ${bank} values: ${[...values.keys()].join(', ')}`)
  return new Map([[bank, asked]])
}

/** A log that nothing verifies is shown in the bank that was asked for. */
function inBank(appraisal: EventLogAppraisal, bank: HashName | undefined): EventLogAppraisal {
  const { log } = appraisal
  if (bank === undefined || log === null || appraisal.verified !== null) return appraisal
  if (!log.algorithms.includes(bank))
    throw new UsageError(`the log has no ${bank} bank: ${log.algorithms.join(', ')}`)
  const events = appraisal.events.map((event) => ({
    ...event,
    digest: event.digests.get(bank) ?? new Uint8Array(),
    explanation: explain(event, bank),
  }))
  return { ...appraisal, bank, events }
}

function exitCodeFor({ verified, malformed, findings }: EventLogAppraisal): ExitCode {
  if (malformed || isMalformed(findings)) return EXIT.malformed
  if (verified === null) return EXIT.affirming
  if (!verified) return EXIT.contraindicated
  return findings.some(({ severity }) => severity !== 'info') ? EXIT.warning : EXIT.affirming
}
