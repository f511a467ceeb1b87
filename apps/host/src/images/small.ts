import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianFiles } from './debian-files.ts'
import { writeEspDisk } from './esp-disk.ts'
import type { Recipe } from './image.ts'
import { type GuestExtras, smallInitrd } from './initrd.ts'

const guest = new URL('../../guests/small/', import.meta.url).pathname
const sizeMiB = 48

/**
 * The small guest: Debian's signed shim, GRUB and kernel, a busybox initial RAM file system with the
 * agent. Same inputs, same bytes.
 */
export function smallRecipe(
  cacheDirectory: string,
  agent: Uint8Array,
  extras: GuestExtras = {},
): Recipe {
  const debian = debianFiles(cacheDirectory)
  const files = new Map([
    ['EFI/BOOT/BOOTX64.EFI', debian.shim],
    ['EFI/BOOT/grubx64.efi', debian.grub],
    ['EFI/debian/grub.cfg', readFileSync(join(guest, 'grub.cfg'))],
    ['vmlinuz', debian.kernel],
    ['initrd.img', smallInitrd(debian, agent, extras)],
  ])
  return {
    name: 'small',
    format: 'raw',
    inputs: Object.fromEntries(files),
    async build(path) {
      await writeEspDisk(path, files, sizeMiB)
      return { kernelRelease: debian.kernelRelease, packages: debian.packages }
    },
  }
}
