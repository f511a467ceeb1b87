import {
  encodeCanonical,
  formatCanonical,
  type Json,
  type RecordFaultCode,
  recordBytesMax,
  type VerifiedRecord,
  verifyRecord,
} from '@trusted-launch/attestation'
import { equalBytes, fromUtf8 } from '@trusted-launch/codec'
import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { readInput } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { trustedAnchors, trustedSigner } from '../trust.ts'
import { conclusionOf, exitCodeOfTier, textOfResult } from '../verdict.ts'

interface Options {
  key?: string
  inner?: boolean
  anchor: string[]
  json?: boolean
}

/** `tl appraise FILE`: makes a stored verdict again, offline. */
export function appraiseCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('appraise')
    .summary('make a stored verdict again, offline')
    .description(
      'Verifies an appraisal record and appraises its evidence again. The result printed is the one made now; a record that says anything else, or was changed by one byte, is refused with the reason.',
    )
    .argument('<file>', 'an appraisal record; - for standard input')
    .addOption(
      new Option(
        '--key <file>',
        'the signer to trust: a public key in PEM (default: this installation)',
      ).conflicts('inner'),
    )
    .option('--inner', 'ask nobody to have signed it: the file must still agree with itself')
    .option(
      '--anchor <file...>',
      'certificate authorities to trust, in PEM (default: this installation)',
      [],
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  tl appraise .cache/demo/clean.json
  tl appraise record.json --key signer.pem --anchor ca.pem --json
  tl appraise record.json --inner --anchor ca.pem

Anchors come from --anchor or this installation, never from the record: when the attestation key's
certificate leads to another one, that is a warning and the exit code is never 0. --json then says
anchorKnown, and as its conclusion the tier with that in mind, beside the result.

Exit codes: 0 affirming, 1 refused or no verdict, 2 usage, 3 contraindicated, 4 warning, 5 malformed.`,
    )
    .action((file: string, options: Options) => done(run(file, options, output)))
}

function run(file: string, options: Options, output: Output): ExitCode {
  const key = options.inner === true ? null : trustedSigner(options.key)
  const anchors = trustedAnchors(options.anchor)
  const bytes = readInput(file, recordBytesMax)
  const verified = verifyRecord(bytes, { key, anchors })
  if ('fault' in verified) {
    const { fault } = verified
    const reason = isReformatted(bytes, { key, anchors })
      ? 'not canonical JSON (RFC 8785): the same was written in another form, by a line feed or an indentation'
      : verified.reason
    const hint =
      fault === 'token-signature' && key !== null ? '; another is named by --key FILE' : ''
    if (options.json === true) output.out(jsonText({ fault, reason, result: null }))
    output.err(`tl: refused: ${file}: ${reason}${hint} (${fault})\n`)
    return exitCodeOfFault(fault)
  }
  print(verified, options, output)
  const { appraised, anchorKnown } = verified
  return exitCodeOfTier(conclusionOf(appraised.result, anchorKnown))
}

/** Whether the form of the JSON is all that is wrong: the same in canonical form is a record that holds. */
function isReformatted(bytes: Uint8Array, trust: Parameters<typeof verifyRecord>[1]): boolean {
  try {
    const canonical = encodeCanonical(JSON.parse(fromUtf8(bytes)))
    return !equalBytes(canonical, bytes) && !('fault' in verifyRecord(canonical, trust))
  } catch {
    return false
  }
}

function print(verified: VerifiedRecord, { json, inner }: Options, output: Output): void {
  const { result } = verified.appraised
  const warnings = warningsOf(verified, inner === true)
  for (const warning of warnings) output.err(`tl: warning: ${warning}\n`)
  const { anchorKnown } = verified
  const conclusion = conclusionOf(result, anchorKnown)
  const view = anchorKnown === false ? { ...result, anchorKnown, conclusion } : result
  output.out(
    json === true
      ? `${formatCanonical(view as unknown as Json)}\n`
      : textOfResult(result, anchorKnown, output),
  )
}

function warningsOf({ anchorKnown, appraised }: VerifiedRecord, inner: boolean): string[] {
  const warnings: string[] = []
  if (inner)
    warnings.push(
      'nobody vouches for this record: its signature was not checked against a trusted key',
    )
  if (anchorKnown === false)
    warnings.push(
      `the attestation key's certificate leads to an authority that is not trusted here (SHA-256 ${appraised.anchor})`,
    )
  if (anchorKnown === null) warnings.push("the attestation key's certificate leads to no authority")
  return warnings
}

const malformed: readonly RecordFaultCode[] = [
  'record-too-big',
  'record-malformed',
  'token-malformed',
]

function exitCodeOfFault(fault: RecordFaultCode): ExitCode {
  return malformed.includes(fault) ? EXIT.malformed : EXIT.failure
}
