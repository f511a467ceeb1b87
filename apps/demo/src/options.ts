import { Command, InvalidArgumentError, Option } from 'commander'
import { userPath } from './paths.ts'
import { scenarioNames } from './scenarios.ts'

/** What somebody typed after `npm run demo --`. */
export interface DemoOptions {
  /** Scenarios to run, in the table's order. */
  only: readonly string[]
  json: boolean
  /** Leave the VMs up at the end. */
  keep: boolean
  /** Serve the portal at the end, until interrupted. */
  portal: boolean
  /** Quoted as given, in every quote; null: 32 random bytes for each. */
  nonce: Uint8Array | null
  /** Files to replace in the disk of a scenario of the user's own. */
  tamper: readonly Replacement[]
}

/** A file of a guest's disk (from the root of its EFI system partition) and the path of what takes its place. */
export interface Replacement {
  readonly file: string
  readonly path: string
}

const byDefault = ['clean', 'loader-tampered', 'command-line-edited']
const nonceBytes = 32

/** The program's own options, as they are typed after `name`: `npm run demo --`, or `tl demo`. */
export function demoCommand(name: string): Command {
  const plain = name.replace(/ --$/, '')
  return new Command(name)
    .description('Create real VMs, good and tampered, and show the verdict on each.')
    .addOption(new Option('--all', 'every scenario').conflicts(['only']))
    .option('--only <names>', `scenarios, comma separated: ${scenarioNames.join(', ')}`, namesOf)
    .option(
      '--tamper <file=path>',
      "replace a file of a guest's disk, in a scenario of your own (repeatable)",
      replacementOf,
      [],
    )
    .option('--nonce <hex>', `quote this nonce (${nonceBytes} bytes)`, nonceOf)
    .option('--keep', 'leave the VMs up and say how to look at them')
    .option('--portal', 'then serve the portal with the VMs in it, until Ctrl-C')
    .option('--json', 'one JSON document on standard output; progress on standard error')
    .option('--yes', 'install what is missing without asking')
    .addHelpText(
      'after',
      `
Examples:
  ${plain.padEnd(46)} ${byDefault.join(', ')}
  ${name} --all
  ${name} --only clean,vtpm-replaced
  ${name} --portal
  ${name} --tamper EFI/debian/grub.cfg=./my-grub.cfg
  ${name.replace('npm run', 'npm run --silent')} --all --json > verdicts.json

Exit code 0 when every scenario came out as expected, 1 when one did not, 2 for wrong usage, 130 after Ctrl-C.`,
    )
}

/** The options of a parsed command. Without any scenario named: three, or only the user's own tampering. */
export function optionsOf(command: Command): DemoOptions {
  const given = command.opts()
  const tamper: Replacement[] = given.tamper
  const named: string[] | undefined = given.all === true ? [...scenarioNames] : given.only
  return {
    only: named ?? (tamper.length > 0 ? [] : byDefault),
    json: given.json === true,
    keep: given.keep === true,
    portal: given.portal === true,
    nonce: given.nonce ?? null,
    tamper,
  }
}

function namesOf(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const unknown = names.filter((name) => !scenarioNames.includes(name))
  if (unknown.length > 0)
    throw new InvalidArgumentError(
      `No scenario is called ${unknown.join(' or ')}. There are: ${scenarioNames.join(', ')}.`,
    )
  if (names.length === 0) throw new InvalidArgumentError('Name at least one scenario.')
  return scenarioNames.filter((name) => names.includes(name))
}

function nonceOf(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new InvalidArgumentError('Not hexadecimal.')
  if (text.length !== 2 * nonceBytes)
    throw new InvalidArgumentError(`${text.length / 2} bytes; ${nonceBytes} must be.`)
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

function replacementOf(text: string, before: Replacement[]): Replacement[] {
  const at = text.indexOf('=')
  const file = text.slice(0, Math.max(at, 0)).replace(/^\/+/, '')
  if (file === '' || at === text.length - 1)
    throw new InvalidArgumentError(
      'It is FILE=PATH: a file in the guest, and the file that replaces it.',
    )
  const bad = file.split('/').find((name) => !fatName.test(name) || /^\.+$/.test(name))
  if (bad !== undefined)
    throw new InvalidArgumentError(`"${bad}" is no name of a file on a guest's disk (FAT).`)
  return [...before, { file, path: userPath(text.slice(at + 1)) }]
}

/** A long name that every tool writes alike: printable ASCII, none of FAT's own signs, no dot or space last. */
const fatName = /^[^\x00-\x1f"*/:<>?\\|\x7f-\uffff]{0,254}[^\x00-\x20"*./:<>?\\|\x7f-\uffff]$/
