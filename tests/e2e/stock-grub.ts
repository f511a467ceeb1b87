import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SECOND_PARTITION_OFFSET, writeEspDisk } from '@trusted-launch/host'
import { filesOn } from './other-kernel.ts'

export const UUID = '5c0f5c1e-3d0b-4a8e-9a51-0f3a7b1e2d4c'
const RELEASE = '6.1.0-13-cloud-amd64'
const sizeMiB = 320
const KIB = 1024

const folder = new URL('../../packages/bootchain/testdata/stock-debian-12/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, folder))
/** Found by its name, and so read. */
const custom = 'search --file --set=marked /boot/marker\n'

/** As grub-mkconfig writes it, with other settings. */
export function stockConfiguration(
  settings: { readonly lang?: string; readonly chosen?: string } = {},
) {
  const { lang = 'en_US', chosen = '0' } = settings
  const text = read('grub.cfg').toString()
  return text.replace('lang=en_US', `lang=${lang}`).replace('default="0"', `default="${chosen}"`)
}

/** An environment block without variables, as grub-editenv makes it. */
const environment = '# GRUB Environment Block\n'.padEnd(1024, '#')

/** A catalogue without a message. */
const catalogue = Buffer.concat([Buffer.from('de120495', 'hex'), Buffer.alloc(24)])

/**
 * A disk as an installer leaves it: GRUB's stub on the EFI system partition, everything else on ext4, with the
 * small guest's shim, GRUB, kernel and initial RAM file system.
 */
export async function writeStockDisk(
  disk: string,
  small: string,
  folder: string,
  configuration: string,
): Promise<void> {
  const [shim, grub] = ['EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/grubx64.efi']
  const files = await filesOn(small, [shim!, grub!, 'vmlinuz', 'initrd.img'])
  const esp = new Map([
    [shim!, files.get(shim!)!],
    [grub!, files.get(grub!)!],
    ['EFI/debian/grub.cfg', read('stub.cfg')],
  ])
  await writeEspDisk(disk, esp, sizeMiB, { rootPartition: true })
  const modules = ['command', 'fs', 'crypto', 'terminal'].map(
    (name) => [`boot/grub/x86_64-efi/${name}.lst`, `${name}: ${name}\n`] as const,
  )
  const onRoot = new Map<string, Uint8Array | string>([
    ...modules,
    ['boot/grub/x86_64-efi/vbe.mod', 'a module'],
    ['boot/grub/grub.cfg', configuration],
    ['boot/grub/grubenv', environment],
    ['boot/grub/custom.cfg', custom],
    ['boot/marker', 'here'],
    ['boot/grub/fonts/unicode.pf2', 'no font'],
    ['boot/grub/locale/de.mo', catalogue],
    [`boot/vmlinuz-${RELEASE}`, files.get('vmlinuz')!],
    [`boot/initrd.img-${RELEASE}`, files.get('initrd.img')!],
  ])
  const root = join(folder, 'root')
  for (const [path, bytes] of onRoot) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
  }
  const offset = SECOND_PARTITION_OFFSET
  const kib = sizeMiB * KIB - offset / KIB - KIB
  const where = ['-E', `offset=${offset}`, '-U', UUID, '-d', root, disk, `${kib}k`]
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '1', ...where])
}
