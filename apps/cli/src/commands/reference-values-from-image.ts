import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { knownFirmware, parseLearntFirmware } from '@trusted-launch/attestation'
import { predictBoots } from '@trusted-launch/bootchain'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { decodeVariableStore } from '@trusted-launch/uefi'
import { Command, Option } from 'commander'
import { cacheDirectory } from '../build-guest.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { withImage } from '../image-file.ts'
import { decodedFrom } from '../input-file.ts'
import type { Output } from '../output.ts'
import { writeReferences } from '../reference-file.ts'
import { repeatable } from '../repeatable.ts'
import { templateOf } from './image-inspect.ts'

const storeBytesMax = 16 << 20
const learntBytesMax = 8 << 20

interface Options {
  variables?: string
  signatures?: string
  secureBoot: boolean
  bank: HashName[]
  name?: string
  allowUpdates?: boolean
  out?: string
}

/** `tl reference-values from-image`. */
export function fromImageCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('from-image')
    .summary('foretell what a VM with this image will measure, before its first boot')
    .description(
      "Reads a pristine image (raw or qcow2) without mounting it and foretells, event by event, what a VM with it measures. Never give it a VM's own disk: that would believe whatever is on it.",
    )
    .argument('<image>', 'a disk image that no VM has run from')
    .option('--variables <file>', "the VM's variable store, as written before its first boot")
    .addOption(
      new Option(
        '--signatures <keys>',
        "the firmware's keys: a template in JSON, or `own`, this installation's (default: Microsoft's UEFI CA)",
      ).conflicts('variables'),
    )
    .addOption(
      new Option('--no-secure-boot', 'for a VM whose Secure Boot is off').conflicts('variables'),
    )
    .addOption(
      repeatable('--bank <name>', 'a bank the vTPM has', {
        choices: Object.keys(DIGEST_SIZE),
        initial: ['sha256', 'sha384'],
      }),
    )
    .option('--name <variant>', "what to call it (default: the image's name)")
    .option(
      '--allow-updates',
      "hold the Secure Boot variables to sets: take a vendor's newer dbx, refuse a key more",
    )
    .option('--out <file>', 'where to write them (default: standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  tl reference-values from-image disk.raw --out small.json\n  tl reference-values from-image uki.raw --signatures own --bank sha256',
    )
    .action(async (image: string, options: Options) => done(await run(image, options, output)))
}

async function run(path: string, options: Options, output: Output): Promise<ExitCode> {
  const name = options.name ?? basename(path)
  const variables = await storeFrom(options)
  const firmware = await believedFirmware()
  const modules = modulesBeside(path)
  const { seen, sha256 } = await withImage(path, (disk) =>
    predictBoots({
      disk,
      image: { name, sha256: '00'.repeat(32) },
      variables,
      banks: options.bank,
      firmware,
      modules,
      bounds: options.allowUpdates === true,
    }),
  )
  const origins = [{ kind: 'image', name, sha256 }] as const
  const variants = seen.map((one) => ({ ...one, origins }))
  writeReferences({ version: 2, variants }, options.out, output)
  return EXIT.affirming
}

async function storeFrom({ variables, signatures, secureBoot }: Options): Promise<Uint8Array> {
  if (variables !== undefined)
    return decodedFrom(variables, 'a variable store of OVMF', storeBytesMax, (bytes) => {
      decodeVariableStore(bytes)
      return bytes
    })
  const { findFirmware, makeVariableStore } = await import('@trusted-launch/host')
  const template = await templateOf(signatures)
  return makeVariableStore(findFirmware(), template, secureBoot)
}

/** What is believed of this host's firmware; null: nothing, or there is none here. */
async function believedFirmware() {
  const { findFirmware, FirmwareError } = await import('@trusted-launch/host')
  try {
    const code = readFileSync(findFirmware().code)
    const learnt = join(cacheDirectory, 'firmware/learnt.json')
    const own = existsSync(learnt)
      ? decodedFrom(learnt, 'learnt firmware', learntBytesMax, parseLearntFirmware)
      : []
    return knownFirmware(createHash('sha256').update(code).digest('hex'), own)
  } catch (e) {
    if (e instanceof FirmwareError) return null
    throw e
  }
}

/** The modules that who built the image tells beside it; null: nothing. */
function modulesBeside(path: string) {
  const facts = join(dirname(path), 'image.json')
  if (!existsSync(facts)) return null
  try {
    return JSON.parse(readFileSync(facts, 'utf8')).modules ?? null
  } catch (cause) {
    throw new UsageError(`${facts}: not JSON, though it lies beside the image`, { cause })
  }
}
