import { MalformedError, toLatin1 } from '@trusted-launch/codec'
import type { Ext4 } from '@trusted-launch/disk'
import type { BootFile } from '../boot-disk.ts'
import type { ExaminedDisk } from './examined-disk.ts'

const kernelBytesMax = 64 << 20
const kernelsMax = 4
const textBytesMax = 1 << 20

/** The newest kernels: of the EFI system partition, and of every volume that has a boot folder or is one. */
export function kernelsOf({ esp, volumes }: ExaminedDisk): BootFile[] {
  const onEsp = esp === null ? null : esp.readFile('vmlinuz', kernelBytesMax)
  const found = onEsp === null ? [] : [{ path: 'vmlinuz', bytes: onEsp }]
  const others = volumes.flatMap((volume) =>
    namesIn(volume, /^vmlinuz-/).map((path) => ({ path, volume })),
  )
  for (const { path, volume } of newestFirst(others).slice(0, kernelsMax)) {
    const bytes = volume.readFile(path, kernelBytesMax)
    if (bytes !== null) found.push({ path, bytes })
  }
  return found
}

/** The newest kernel's configuration, as Debian's, Fedora's and SUSE's packages leave it; null: none. */
export function kernelConfigOf({ volumes }: ExaminedDisk): { path: string; text: string } | null {
  const all = volumes.flatMap((volume) =>
    namesIn(volume, /^config-/).map((path) => ({ path, volume })),
  )
  const [newest] = newestFirst(all)
  const text = newest === undefined ? null : textAt(newest.volume, newest.path)
  return text === null ? null : { path: newest!.path, text }
}

/** The volume that a system runs from: it says what it is. */
export function rootOf({ volumes }: ExaminedDisk): Ext4 | null {
  return (
    volumes.find((volume) => has(volume, 'etc/os-release') || has(volume, 'etc/passwd')) ?? null
  )
}

/** `ID=debian` of /etc/os-release; null: it does not say. */
export function distributionOf(root: Ext4 | null): string | null {
  const text = root === null ? null : textAt(root, 'etc/os-release')
  return text === null ? null : (/^ID="?([a-z0-9._-]{1,40})"?$/m.exec(text)?.[1] ?? null)
}

/** Whether something is there; what cannot be read is not. */
export function has(volume: Ext4, path: string): boolean {
  return quietly(() => volume.find(path)) !== null
}

function namesIn(volume: Ext4, pattern: RegExp): string[] {
  return ['boot', ''].flatMap((folder) =>
    (quietly(() => volume.list(folder)) ?? [])
      .filter(({ name }) => pattern.test(name))
      .map(({ name }) => (folder === '' ? name : `${folder}/${name}`)),
  )
}

function textAt(volume: Ext4, path: string): string | null {
  const bytes = quietly(() => volume.readFile(path, textBytesMax))
  return bytes === null ? null : toLatin1(bytes)
}

function newestFirst<T extends { readonly path: string }>(files: readonly T[]): T[] {
  return [...files].sort((a, b) => byVersion(b.path, a.path))
}

/** `6.1.0-9` before `6.1.0-10`. */
function byVersion(a: string, b: string): number {
  const [one, two] = [a, b].map((path) => path.split(/\D+/).map(Number))
  for (let i = 0; i < Math.max(one!.length, two!.length); i++) {
    const difference = (one![i] ?? 0) - (two![i] ?? 0)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}

function quietly<T>(look: () => T): T | null {
  try {
    return look()
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}
