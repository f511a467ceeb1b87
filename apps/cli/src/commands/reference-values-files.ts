import {
  approveReferences,
  diffReferences,
  type Finding,
  mergeReferences,
  type ReferenceValues,
} from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { documented } from '../input-fault.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { readReferences, writeReferences } from '../reference-file.ts'
import { textOfDifferences, textOfReferences } from '../references-text.ts'

type Done = (code: ExitCode) => void

/** `tl reference-values show`. */
export function showCommand(output: Output, done: Done): Command {
  return new Command('show')
    .summary('print reference values readably')
    .argument('<file>', 'reference values; - for standard input')
    .option('--json', 'the JSON document itself')
    .addHelpText('after', '\nExamples:\n  tl reference-values show vm.json')
    .action((file: string, { json }: { json?: boolean }) => {
      const values = readReferences(file)
      output.out(json === true ? jsonText(values) : textOfReferences(values, output))
      done(EXIT.affirming)
    })
}

/** `tl reference-values diff`: exit 0 the same, 1 not. */
export function diffCommand(output: Output, done: Done): Command {
  return new Command('diff')
    .summary('say in words in what two files of reference values differ')
    .argument('<before>', 'reference values')
    .argument('<after>', 'reference values')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl reference-values diff old.json new.json\n\nExit codes: 0 they take the same boots, 1 they differ, 5 malformed.',
    )
    .action((before: string, after: string, options: { json?: boolean }) =>
      done(documented(options, output, viewOfUnread, () => diff(before, after, options, output))),
    )
}

const viewOfUnread = (finding: Finding) => ({ differences: null, findings: [finding] })

function diff(
  before: string,
  after: string,
  { json }: { json?: boolean },
  output: Output,
): ExitCode {
  const differences = diffReferences(readReferences(before), readReferences(after))
  output.out(json === true ? jsonText({ differences }) : textOfDifferences(differences))
  return differences.length === 0 ? EXIT.affirming : EXIT.failure
}

/** `tl reference-values merge`. */
export function mergeCommand(output: Output, done: Done): Command {
  return new Command('merge')
    .summary('put variants of several files side by side, each with where it comes from')
    .description(
      'Variants that hold the same become one, with every origin. A boot then has to match any one of them as a whole.',
    )
    .argument('<file...>', 'reference values')
    .option('--out <file>', 'where to write them (default: standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  tl reference-values merge old.json new.json --out both.json',
    )
    .action((files: string[], { out }: { out?: string }) => {
      writeReferences(mergeReferences(files.map(readReferences)), out, output)
      done(EXIT.affirming)
    })
}

/** `tl reference-values approve`. */
export function approveCommand(output: Output, done: Done): Command {
  return new Command('approve')
    .summary('make what was learnt from a log count, with who says so and why')
    .description(
      'Records in the file who approves, when and why. Approve only what you know was a good boot: from then on a machine that boots so is affirmed.',
    )
    .argument('<file>', 'reference values')
    .requiredOption('--by <name>', 'who approves')
    .requiredOption('--why <reason>', 'why this boot is the one you want')
    .option('--name <variant>', 'only this variant (default: each that needs it)')
    .option('--out <file>', 'where to write them (default: the file itself)')
    .addHelpText(
      'after',
      "\nExamples:\n  tl reference-values approve vm.json --by me --why 'first boot after installing'",
    )
    .action((file: string, options: { by: string; why: string; name?: string; out?: string }) => {
      const { by, why, name = null, out = file } = options
      const values = readReferences(file)
      const approved = approvedOrUsage(
        file,
        values,
        { by, at: new Date().toISOString(), why },
        name,
      )
      writeReferences(approved, out, output)
      for (const variant of newlyApproved(values, approved))
        output.err(`tl: approved: ${plain(variant)}\n`)
      done(EXIT.affirming)
    })
}

/** What is wrong here is wrong with what was asked for, not with the file. */
function approvedOrUsage(file: string, ...given: Parameters<typeof approveReferences>) {
  try {
    return approveReferences(...given)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new UsageError(`${file}: ${cause.reason}`, { cause })
  }
}

const newlyApproved = (before: ReferenceValues, after: ReferenceValues) =>
  after.variants.filter((one, i) => one !== before.variants[i]).map(({ name }) => name)
