import { fromUtf16le } from '@trusted-launch/codec'
import type { BootDisk } from './boot-disk.ts'
import { BootChainError } from './errors.ts'

/** What shim at the default path starts in GRUB's place, where it is there. */
const FALLBACK = 'EFI/BOOT/fbx64.efi'
/** The first one that is there is read. */
const LISTS = ['BOOTX64.CSV', 'BOOT.CSV']
const LIST_BYTES_MAX = 64 << 10
const FOLDERS_MAX = 64

/**
 * The loader that a new machine starts in the end: shim's fallback makes a boot option of each line of the vendors'
 * lists, and, since there is a TPM, starts the machine anew. Null: the disk has no fallback. shim, README.fallback.
 * @throws {BootChainError} UNPREDICTABLE: not exactly one line, or one that hands the loader a text.
 * @throws {MalformedError} a list that cannot be read.
 */
export function fallbackLoader(disk: BootDisk): string | null {
  if (disk.esp.find(FALLBACK) === null) return null
  const lines = foldersOf(disk).flatMap((folder) => linesOf(disk, folder))
  const [line, ...more] = lines
  if (line === undefined || more.length > 0)
    throw unpredictable(`it finds ${lines.length} boot options`)
  const [file = '', , text = ''] = line.entry.split(',')
  if (text !== '') throw unpredictable('it hands its loader a text')
  return `${line.folder}/${file}`
}

function unpredictable(reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', FALLBACK, reason)
}

function foldersOf({ esp }: BootDisk): string[] {
  return esp
    .list('EFI')
    .filter(({ name, isDirectory }) => isDirectory && name.toUpperCase() !== 'BOOT')
    .slice(0, FOLDERS_MAX)
    .map(({ name }) => `EFI/${name}`)
}

function linesOf({ esp }: BootDisk, folder: string): { folder: string; entry: string }[] {
  const name = LISTS.find((each) => esp.find(`${folder}/${each}`) !== null)
  if (name === undefined) return []
  const text = fromUtf16le(esp.readFile(`${folder}/${name}`, LIST_BYTES_MAX)!)
  const lines = text
    .replace(/^\ufeff/, '')
    .replace(/\0.*$/s, '')
    .split(/[\r\n]+/)
  return lines.filter((entry) => entry !== '').map((entry) => ({ folder, entry }))
}
