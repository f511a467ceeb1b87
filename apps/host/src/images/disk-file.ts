import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { openQcow2, type RandomAccess, withinSize } from '@trusted-launch/disk'

/** A disk image in a file, open for reading. */
export interface DiskFile extends RandomAccess {
  close(): void
}

/** Z_SYNC_FLUSH: a compressed cluster has bytes behind its end. */
const finishFlush = 2

/**
 * Opens a machine's or an image's disk by its file. Nothing is mounted, nothing is written.
 * @throws {MalformedError} not a qcow2 file that may be read.
 */
export function openDiskFile(path: string, format: 'raw' | 'qcow2'): DiskFile {
  const descriptor = openSync(path, 'r')
  try {
    const file = {
      size: fstatSync(descriptor).size,
      readAt(offset: number, length: number): Uint8Array {
        withinSize(this.size, offset, length)
        return readWhole(descriptor, offset, length)
      },
    }
    const inflate = (bytes: Uint8Array, max: number) =>
      new Uint8Array(inflateRawSync(bytes, { maxOutputLength: max, finishFlush }))
    const disk = format === 'raw' ? file : openQcow2(file, { inflate })
    return {
      size: disk.size,
      readAt: (offset, length) => disk.readAt(offset, length),
      close: () => closeSync(descriptor),
    }
  } catch (e) {
    closeSync(descriptor)
    throw e
  }
}

function readWhole(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, length - done, offset + done)
    if (read === 0) throw new Error('the disk became shorter while it was read')
    done += read
  }
  return bytes
}
