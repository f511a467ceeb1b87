import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** One byte in the middle is another. */
export function withOneByteChanged(bytes: Uint8Array): Buffer {
  const changed = Buffer.from(bytes)
  changed[changed.length >> 1]! ^= 1
  return changed
}

/** A signed PE image without its signature (sbattach, of sbsigntool). `scratch`: a folder to work in. */
export async function withoutSignature(image: Uint8Array, scratch: string): Promise<Buffer> {
  const path = join(scratch, 'image.efi')
  await writeFile(path, image)
  await promisify(execFile)('sbattach', ['--remove', path])
  return readFile(path)
}

/** A GRUB configuration whose Linux gets one argument more. @throws {Error} it starts no Linux. */
export function withArgument(configuration: Uint8Array, argument: string): Buffer {
  const text = Buffer.from(configuration).toString('latin1')
  const changed = text.replace(/^(\s*linuxefi .*)$/gm, `$1 ${argument}`)
  if (changed === text) throw new Error('the configuration starts no Linux')
  return Buffer.from(changed, 'latin1')
}

/** An initial RAM disk with an empty file behind it: zeros, which the kernel skips. */
export function withMore(initrd: Uint8Array): Buffer {
  return Buffer.concat([initrd, Buffer.alloc(512)])
}
