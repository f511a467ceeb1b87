import { COMPONENT } from '@trusted-launch/attestation'
import { concat, encode, toUtf8, u64le } from '@trusted-launch/codec'
import { authenticodeDigest } from '@trusted-launch/uefi'
import type { GrubRun } from './grub.ts'
import type { GrubMeasurement } from './grub-measurements.ts'
import { type Measured, measured } from './measure.ts'
import type { BootChain, BootImage } from './walk.ts'

/** EV_SEPARATOR: four zero bytes. */
export function separator(component: string): Measured {
  return measured(component, 'separator', new Uint8Array(4))
}

/** PCR 4: the boot option is taken, then each image that firmware or shim loads. */
export function applicationEvents(chain: BootChain, secureBoot: boolean): Measured[] {
  const first = [
    action(COMPONENT.bootManager, 'Calling EFI Application from Boot Option'),
    separator(COMPONENT.bootManager),
  ]
  if (chain.kind === 'uki') return [...first, image(COMPONENT.unifiedKernelImage, chain.loader)]
  const loaded = [image(COMPONENT.shim, chain.loader), image(COMPONENT.grub, chain.grub)]
  // GRUB has shim verify the kernel (which measures it), then loads it (which measures it again).
  const kernel = image(COMPONENT.kernel, chain.kernel)
  return [...first, ...loaded, ...(secureBoot ? [kernel, kernel] : [])]
}

/** PCR 5: the partition table, and the moment the kernel takes over. */
export function partitionEvents({ disk: { table } }: BootChain): Measured[] {
  const entries = table.partitions.map(({ bytes }) => bytes)
  const gpt = concat(table.headerBytes, encode(u64le, BigInt(entries.length)), ...entries)
  return [
    separator(COMPONENT.partitionTable),
    measured(COMPONENT.partitionTable, `partition table of ${entries.length} partition(s)`, gpt),
    action(COMPONENT.kernel, 'Exit Boot Services Invocation'),
    action(COMPONENT.kernel, 'Exit Boot Services Returned with Success'),
  ]
}

/** PCR 8: commands and the kernel's command line as text. PCR 9: the files GRUB reads. */
export function grubEvents({ measurements }: GrubRun, pcr: 8 | 9): Measured[] {
  return measurements
    .filter((measurement) => measurement.pcr === pcr)
    .map((each) => measured(components[each.kind], each.text, each.bytes, each.path))
}

const components: Readonly<Record<GrubMeasurement['kind'], string>> = {
  command: COMPONENT.grubConfiguration,
  'command-line': COMPONENT.kernelCommandLine,
  configuration: COMPONENT.grubConfiguration,
  kernel: COMPONENT.kernel,
  initrd: COMPONENT.initrd,
}

/** An image, by its Authenticode digest. */
function image(component: string, { path, image }: BootImage): Measured {
  const digestOf: Measured['digestOf'] = (bank) => authenticodeDigest(image, bank)
  return { component, description: path, path, digestOf }
}

function action(component: string, text: string): Measured {
  return measured(component, text, toUtf8(text))
}
