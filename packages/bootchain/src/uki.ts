import { COMPONENT } from '@trusted-launch/attestation'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { sectionOf } from '@trusted-launch/uefi'
import { type Measured, measured } from './measure.ts'
import type { BootChain } from './walk.ts'

type Uki = Extract<BootChain, { kind: 'uki' }>

/**
 * The sections of a unified kernel image that systemd's stub measures into PCR 11, in its order: for
 * each its name with a NUL, then its bytes. systemd 252, src/fundamental/tpm-pcr.c.
 */
const MEASURED_SECTIONS = ['.linux', '.osrel', '.cmdline', '.initrd', '.splash', '.dtb', '.pcrpkey']

const components: Readonly<Record<string, string>> = {
  '.linux': COMPONENT.kernel,
  '.cmdline': COMPONENT.kernelCommandLine,
  '.initrd': COMPONENT.initrd,
}

/** PCR 11: the sections of the image. */
export function stubEvents({ loader }: Uki): Record<string, Measured[]> {
  const events = MEASURED_SECTIONS.flatMap((name) => {
    const section = sectionOf(loader.image, name)
    if (section === null) return []
    const component = components[name] ?? COMPONENT.unifiedKernelImage
    const nameBytes = toUtf8(`${name}\0`)
    return [
      measured(component, `name of section ${name}`, nameBytes, loader.path),
      measured(component, `section ${name}`, section.data, loader.path),
    ]
  })
  return { 11: events }
}

/** The command line built into the image; null when it has none. */
export function ukiCommandLine({ loader }: Uki): string | null {
  const section = sectionOf(loader.image, '.cmdline')
  return section === null ? null : fromUtf8(section.data).replace(/[\0\n]+$/, '')
}

/** The initial RAM file system built into the image; null when it has none. */
export function ukiInitrd({ loader }: Uki): Uint8Array | null {
  return sectionOf(loader.image, '.initrd')?.data ?? null
}
