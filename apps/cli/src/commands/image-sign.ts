import { existsSync } from 'node:fs'
import { parse } from 'node:path'
import { MalformedError } from '@trusted-launch/codec'
import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { FileFault, requireReadable } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import { keptSigningKey, openSigningKey } from '../signing-keys.ts'
import { passwordOf } from './signing-key.ts'

interface Options {
  readonly key: string
  readonly path?: readonly string[]
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** `tl image sign`: what of an image firmware starts, signed with a key of one's own. */
export function imageSignCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('sign')
    .summary('sign what an image boots with a key of your own')
    .description(
      'Signs the programs in the EFI system partition of a disk image (raw or qcow2): EFI/BOOT/BOOTX64.EFI and each unified kernel image in EFI/Linux, or those that are named. A file that is a program itself is signed, too. The image stays as it is: the signed one is a new file. Signatures that are there stay, and this one comes after them.',
    )
    .argument('<file>', 'a disk image, or a program (.efi)')
    .requiredOption('--key <key>', 'one of tl signing-key list')
    .addOption(repeatable('--path <path>', 'a program in the EFI system partition'))
    .option('--out <file>', 'the signed one (default: web.signed.raw of web.raw)')
    .option('--force', 'overwrite it')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image sign web.qcow2 --key ours\n  tl image sign linux.efi --key ours --out linux.signed.efi',
    )
    .action(async (file: string, given: Options) => {
      const to = given.out ?? besides(file)
      requireReadable(file)
      if (given.force !== true && existsSync(to))
        throw new UsageError(`${to} is there already: --out names another file, --force overwrites`)
      const signed = await signedBy(file, to, given, output)
      if (given.json === true) output.out(jsonText({ file: to, key: given.key, programs: signed }))
      else {
        for (const { path, isNew } of signed)
          output.err(`${isNew ? 'signed' : 'has this signature already:'} ${plain(path)}\n`)
        output.out(`${to}\n`)
      }
      done(EXIT.affirming)
    })
}

function besides(file: string): string {
  const { dir, name, ext } = parse(file)
  return `${dir === '' ? '' : `${dir}/`}${name}.signed${ext}`
}

/** @throws {MalformedError} with the file's name. */
async function signedBy(file: string, to: string, given: Options, output: Output) {
  const kept = keptSigningKey(given.key)
  const key = await openSigningKey(kept.keyPem, passwordOf(kept.name, output))
  const signer = { key, certificate: kept.certificate.der }
  const { signFile } = await import('@trusted-launch/host')
  const how = {
    ...(given.path !== undefined && given.path.length > 0 && { paths: given.path }),
    replaces: given.force === true,
  }
  try {
    return await signFile(file, to, signer, how)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    const reason = `neither a disk image nor a program that can be signed: ${cause.message}`
    throw new FileFault(file, reason, { cause })
  }
}
