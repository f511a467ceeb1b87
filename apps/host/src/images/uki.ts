import { readFileSync } from 'node:fs'
import { debianFiles } from './debian-files.ts'
import { writeEspDisk } from './esp-disk.ts'
import type { Recipe } from './image.ts'
import { type GuestExtras, smallInitrd } from './initrd.ts'
import { ownKeys } from './own-keys.ts'
import { withSections } from './pe-sections.ts'
import { signImage } from './sign-image.ts'

const guest = new URL('../../guests/uki/', import.meta.url)
const sizeMiB = 48
const ascii = (text: string) => new TextEncoder().encode(text)

/**
 * The small guest as one file: systemd's stub, Debian's kernel, the same initial RAM file system,
 * signed with this installation's key. For a machine with `ownSecureBootTemplate`.
 */
export function ukiRecipe(
  cacheDirectory: string,
  agent: Uint8Array,
  extras: GuestExtras = {},
): Recipe {
  const debian = debianFiles(cacheDirectory)
  const keys = ownKeys(cacheDirectory)
  const unsigned = withSections(debian.ukiStub, [
    {
      name: '.osrel',
      bytes: ascii('ID=trusted-launch-small\nNAME="trusted-launch small guest"\n'),
    },
    { name: '.cmdline', bytes: new Uint8Array(readFileSync(new URL('cmdline', guest))) },
    { name: '.uname', bytes: ascii(debian.kernelRelease) },
    { name: '.initrd', bytes: smallInitrd(debian, agent, extras) },
    { name: '.linux', bytes: debian.kernel },
  ])
  const image = signImage(unsigned, keys.db, keys.signingKey)
  return {
    name: 'uki',
    format: 'raw',
    inputs: { image },
    async build(path) {
      await writeEspDisk(path, new Map([['EFI/BOOT/BOOTX64.EFI', image]]), sizeMiB)
      return { kernelRelease: debian.kernelRelease, packages: debian.packages }
    },
  }
}
