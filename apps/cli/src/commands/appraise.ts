import { PROFILES } from '@trusted-launch/attestation'
import { Command, Option } from 'commander'
import { appraiseFiles, type FileOptions } from '../appraise-files.ts'
import { appraiseRecord, type RecordOptions } from '../appraise-record.ts'
import { type ExitCode, flagOf, UsageError } from '../exit-code.ts'
import { documented, viewOfFault } from '../input-fault.ts'
import type { Output } from '../output.ts'
import { repeatable } from '../repeatable.ts'

type Options = RecordOptions & FileOptions

/** `tl appraise`: makes a stored verdict again, or one on the files of anybody's TPM, offline. */
export function appraiseCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('appraise')
    .summary('make a stored verdict again, or one on a quote and its logs, offline')
    .description(
      'With FILE: verifies an appraisal record and appraises its evidence again. The result printed is the one made now; a record that says anything else, or was changed by one byte, is refused with the reason.\n\nWith --quote: appraises what tpm2-tools and the kernel wrote on any machine, as they wrote it.',
    )
    .argument('[file]', 'an appraisal record; - for standard input')
    .addOption(
      new Option(
        '--key <file>',
        'of a record: the signer to trust, a public key in PEM (default: this installation)',
      ).conflicts('inner'),
    )
    .option('--inner', 'of a record: ask nobody to have signed it; it must still agree with itself')
    .addOption(
      repeatable(
        '--anchor <file>',
        'of a record: certificate authorities to trust, in PEM (default: this installation)',
      ),
    )
    .option('--quote <file>', 'what tpm2_quote -m wrote (TPMS_ATTEST, or TPM2B_ATTEST)')
    .option('--signature <file>', 'what tpm2_quote -s wrote: TPMT_SIGNATURE, or -f plain')
    .addOption(
      repeatable(
        '--ak <file>',
        'the key that signed it: TPM2B_PUBLIC, TPMT_PUBLIC, a public key or a certificate in PEM or DER, in PEM with its issuers behind it; a public area and a certificate may be given together',
      ),
    )
    .addOption(
      repeatable(
        '--ca <file>',
        "authorities to judge the key's certificate by: one in DER, or any number in PEM",
      ),
    )
    .option('--nonce <hex>', 'what tpm2_quote -q was given')
    .option(
      '--pcrs <file>',
      'exactly the PCRs that were quoted, 0 to 7 among them (strict: 0 to 15): what tpm2_quote -o wrote, what tpm2_pcrread prints, or JSON {"sha256": {"0": "hex", …}}',
    )
    .option('--event-log <file>', 'the firmware event log, binary_bios_measurements')
    .option('--ima <file>', "the kernel's binary_runtime_measurements")
    .option('--userspace-log <file>', "systemd's tpm2-measure.log")
    .addOption(
      repeatable(
        '--module-file <file>',
        'a kernel module: whom its signature names, where the IMA list measured exactly this file',
      ),
    )
    .option('--references <file>', 'reference values to compare with')
    .option('--policy <file>', 'another policy than Trusted Launch')
    .addOption(
      new Option(
        '--profile <name>',
        'with --quote: strict, of a VM on our own firmware; pc-client, of any firmware, whose usual deviations are told and not refused (default: pc-client)',
      ).choices(PROFILES),
    )
    .option('--time <rfc3339>', 'with --quote: when the evidence was taken (default: now)')
    .option('--json', 'one JSON document, also of what is refused or cannot be read')
    .addHelpText('after', help)
    .action((file: string | undefined, options: Options) =>
      done(documented(options, output, viewOfFault, () => run(file, options, output))),
    )
}

const help = `
Examples:
  tl appraise .cache/demo/clean.json
  tl appraise record.json --key signer.pem --anchor ca.pem --json
  tl appraise record.json --inner --anchor ca.pem
  tl appraise --quote quote.msg --signature quote.sig --ak ak.pub --nonce $(cat nonce.hex) \\
    --pcrs quote.pcrs --event-log binary_bios_measurements --ima binary_runtime_measurements

Of a record, signer and anchors come from --key and --anchor, or from this installation and the control
planes that records were exported from (tl vm attest --export), never from the record: when the
attestation key's certificate leads to another one, that is a warning and the exit code is never 0.
--json then says anchorKnown, and as its conclusion the tier with that in mind, beside the result.

With --quote, the key is believed because you give it: where it comes from is for you to know, or
for --ca (docs/guides/appraise-any-machine.md). Of a public key without its public area it is told
that nothing says what else it signs. The signed selection must be that of --pcrs; reference values
want PCR 0 to 15. The quote above is made by
  tpm2_createek -c ek.ctx -u ek.pub && tpm2_createak -C ek.ctx -c ak.ctx -u ak.pub
  tpm2_quote -c ak.ctx -l sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -q $(cat nonce.hex) \\
    -m quote.msg -s quote.sig -o quote.pcrs

Exit codes: 0 affirming, 1 refused or no verdict, 2 usage, 3 contraindicated, 4 warning, 5 malformed.`

const fileOptions = [
  'quote',
  'signature',
  'ak',
  'ca',
  'nonce',
  'pcrs',
  'eventLog',
  'ima',
  'userspaceLog',
  'references',
  'policy',
  'profile',
  'time',
] as const

// Of a record as of a quote: moduleFile, json.
const recordOptions = ['key', 'inner', 'anchor'] as const

function run(file: string | undefined, options: Options, output: Output): ExitCode {
  const given = fileOptions.filter((name) => options[name] !== undefined)
  if (file === undefined && given.length === 0)
    throw new UsageError('name an appraisal record, or the files of a quote (see --help)')
  if (file === undefined) {
    const ofRecord = recordOptions.filter((name) => options[name] !== undefined)
    if (ofRecord.length > 0)
      throw new UsageError(`${ofRecord.map(flagOf).join(', ')}: of a record, not of a quote`)
    return appraiseFiles(options, output)
  }
  if (given.length > 0)
    throw new UsageError(
      `${file} is a record, which has its own evidence: no ${given.map(flagOf).join(', ')}`,
    )
  return appraiseRecord(file, options, output)
}
