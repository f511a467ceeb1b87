import { fromUtf8, MalformedError, toHex } from '@trusted-launch/codec'
import { parseSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import microsoft from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { Command } from 'commander'
import { cacheDirectory } from '../build-guest.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { withImage } from '../image-file.ts'
import { decodedFrom } from '../input-file.ts'
import { jsonText, type Output } from '../output.ts'

/** `tl image inspect`. */
export function imageInspectCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('inspect')
    .summary("show an image's partitions, files and what will boot from it")
    .description(
      'Reads a disk image (raw or qcow2) without mounting it: its SHA-256, its partitions, each file of its EFI system partition, and what would boot from it: who signed it, and whether firmware with these keys allows it.',
    )
    .argument('<file>', 'a disk image')
    .option(
      '--signatures <keys>',
      "the firmware's keys: a template in JSON, or `own`, this installation's (default: Microsoft's UEFI CA)",
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image inspect disk.raw\n  tl image inspect uki.raw --signatures own\n  tl image inspect disk.qcow2 --json',
    )
    .action(async (file: string, options: { json?: boolean; signatures?: string }) => {
      const { textOfImage } = await import('../image-text.ts')
      const { inspectImage } = await import('../inspect-image.ts')
      const template = await templateOf(options.signatures)
      const { seen, ...named } = await withImage(file, (disk) => inspectImage(disk, template))
      output.out(
        options.json === true
          ? jsonText(plainJson({ ...named, ...seen }))
          : textOfImage(named, seen, output.width),
      )
      done(EXIT.affirming)
    })
}

const templateBytesMax = 4 << 20

/** Keys as JSON. @throws {MalformedError} not a template. */
export async function templateOf(keys: string | undefined): Promise<SecureBootTemplate> {
  if (keys === undefined) return parseSecureBootTemplate(microsoft)
  if (keys === 'own') {
    const { ownSecureBootTemplate } = await import('@trusted-launch/host')
    return ownSecureBootTemplate(cacheDirectory)
  }
  return decodedFrom(keys, 'a Secure Boot template', templateBytesMax, (bytes) => {
    const text = fromUtf8(bytes)
    try {
      return parseSecureBootTemplate(JSON.parse(text))
    } catch (cause) {
      if (cause instanceof MalformedError || !(cause instanceof Error)) throw cause
      throw new MalformedError('', 0, cause.message, { cause })
    }
  })
}

/** Bytes as hexadecimal. */
function plainJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? toHex(one) : one)),
  )
}
