import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ArmError } from '@trusted-launch/api'
import { isFixedVhd, VHD_FOOTER_BYTES } from '../domain/disk/vhd-footer.ts'
import type { Sent } from '../domain/host/disks.ts'

const MIB = 2 ** 20

/**
 * A file that was sent whole: held against what its sender says that it hashes to, and of a fixed VHD, as Azure's
 * clients send, the disk alone. Done again it is the same. @throws {ArmError} it is another file.
 */
export async function acceptSent(
  path: string,
  { sha256, sizeBytes }: Sent,
  tell: (step: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { size } = await stat(path)
  // Shorter than what was sent: its footer was cut off, after it was held against the hash.
  if (size !== sizeBytes) return
  if (sha256 !== null) {
    tell('checking what was sent')
    await requireHash(path, sha256.toLowerCase(), signal)
  }
  if (size % MIB !== VHD_FOOTER_BYTES) return
  const file = await open(path, 'r+')
  try {
    const footer = Buffer.alloc(VHD_FOOTER_BYTES)
    await file.read(footer, 0, VHD_FOOTER_BYTES, size - VHD_FOOTER_BYTES)
    if (isFixedVhd(footer)) await file.truncate(size - VHD_FOOTER_BYTES)
  } finally {
    await file.close()
  }
}

async function requireHash(path: string, wanted: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash, { signal })
  if (hash.digest('hex') === wanted) return
  throw new ArmError({
    status: 409,
    code: 'ChecksumMismatch',
    message:
      'What was sent does not hash to what its sender says: nothing was made of it. Send it again.',
    target: 'sha256',
  })
}
