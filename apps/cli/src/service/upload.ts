import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Connection } from './connection.ts'

const PIECE_BYTES = 4 << 20
const zeros = Buffer.alloc(PIECE_BYTES)

/**
 * Sends a file in pieces, those of zeros alone left out. `tell` is told how much of it is there.
 * @returns what an image's `blobUri`, or a disk's `sourceUri`, is then; and how to take it back.
 */
export async function uploadFile(
  { client }: Connection,
  group: string,
  path: string,
  tell: (percent: number) => void,
): Promise<{ uri: string; remove: () => Promise<void> }> {
  const at = `${group}/providers/TrustedLaunch/uploads/${randomUUID()}`
  const remove = async () => {
    await client.ask('DELETE', at)
  }
  const file = await open(path)
  try {
    const { size } = await file.stat()
    let uri = ''
    for (let offset = 0; offset < size; offset += PIECE_BYTES) {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(PIECE_BYTES),
        0,
        PIECE_BYTES,
        offset,
      )
      const piece = buffer.subarray(0, bytesRead)
      const isLast = offset + PIECE_BYTES >= size
      if (isLast || offset === 0 || !piece.equals(zeros.subarray(0, bytesRead)))
        uri = String((await client.putBytes(`${at}?offset=${offset}&size=${size}`, piece)).uri)
      tell(Math.floor((100 * Math.min(size, offset + PIECE_BYTES)) / size))
    }
    return { uri, remove }
  } catch (error) {
    await remove().catch(() => {})
    throw error
  } finally {
    await file.close()
  }
}
