import { COMPONENT } from '@trusted-launch/attestation'
import { fromUtf8, toUtf8, toUtf16le, withoutNuls } from '@trusted-launch/codec'
import { sectionOf } from '@trusted-launch/uefi'
import { BootChainError } from './errors.ts'
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

/**
 * PCR 11: the sections of the image. PCR 9: what the kernel's own stub is given, its command line in UTF-16 with
 * NUL (LOADED_IMAGE::LoadOptions) and its initial RAM file system. systemd 252; Linux 6.1, drivers/firmware/efi/libstub.
 * @throws {BootChainError} UNPREDICTABLE: no command line built in, or one with control characters.
 */
export function stubEvents(chain: Uki): Record<string, Measured[]> {
  return { 9: kernelEvents(chain), 11: sectionEvents(chain) }
}

function kernelEvents(chain: Uki): Measured[] {
  const { path } = chain.loader
  const line = ukiCommandLine(chain)
  if (line === null || /[\x00-\x1f]/.test(line))
    throw new BootChainError('UNPREDICTABLE', path, 'no command line that can be foretold')
  const initrd = ukiInitrd(chain)
  const options = measured(COMPONENT.kernelCommandLine, line, toUtf16le(`${line}\0`), path)
  if (initrd === null) return [options]
  return [options, measured(COMPONENT.initrd, 'section .initrd', initrd, path)]
}

function sectionEvents({ loader }: Uki): Measured[] {
  return MEASURED_SECTIONS.flatMap((name) => {
    const section = sectionOf(loader.image, name)
    if (section === null) return []
    const component = components[name] ?? COMPONENT.unifiedKernelImage
    const nameBytes = toUtf8(`${name}\0`)
    return [
      measured(component, `name of section ${name}`, nameBytes, loader.path),
      measured(component, `section ${name}`, section.data, loader.path),
    ]
  })
}

/** The command line built into the image; null when it has none. */
export function ukiCommandLine({ loader }: Uki): string | null {
  const section = sectionOf(loader.image, '.cmdline')
  return section === null ? null : withoutNuls(fromUtf8(section.data))
}

/** The initial RAM file system built into the image; null when it has none. */
export function ukiInitrd({ loader }: Uki): Uint8Array | null {
  return sectionOf(loader.image, '.initrd')?.data ?? null
}
