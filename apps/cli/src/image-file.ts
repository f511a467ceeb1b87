import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { MalformedError } from '@trusted-launch/codec'
import type { DiskFile } from '@trusted-launch/host'
import { FileFault, readable } from './input-file.ts'

/** What names an image. */
export interface ImageName {
  readonly format: 'raw' | 'qcow2'
  readonly fileBytes: number
  /** Of the file as it is: the image's name. */
  readonly sha256: string
}

const qcow2Magic = Buffer.from('QFI\xfb', 'latin1')

/**
 * Looks into a disk image with `look`. @throws {MalformedError} with the file's name: it is none.
 */
export async function withImage<T>(
  path: string,
  look: (disk: DiskFile) => T,
): Promise<ImageName & { readonly seen: T }> {
  const stat = readable(path, () => statSync(path))
  if (!stat.isFile()) throw new FileFault(path, 'not a file, so no disk image')
  const format = formatOf(path)
  const seen = await lookInto(path, format, look)
  return { format, fileBytes: stat.size, sha256: await sha256Of(path), seen }
}

async function lookInto<T>(path: string, format: ImageName['format'], look: (disk: DiskFile) => T) {
  const { openDiskFile } = await import('@trusted-launch/host')
  try {
    const disk = openDiskFile(path, format)
    try {
      return look(disk)
    } finally {
      disk.close()
    }
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    const reason = `no disk image that boots by UEFI (raw or qcow2, with a GUID partition table): ${cause.path || 'file'}: ${cause.reason}`
    if (cause.offset === 0) throw new FileFault(path, reason, { cause })
    throw new MalformedError(path, cause.offset, reason, { cause })
  }
}

function formatOf(path: string): ImageName['format'] {
  const descriptor = openSync(path, 'r')
  try {
    const head = Buffer.alloc(qcow2Magic.length)
    readSync(descriptor, head)
    return head.equals(qcow2Magic) ? 'qcow2' : 'raw'
  } finally {
    closeSync(descriptor)
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
