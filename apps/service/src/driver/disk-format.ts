import { open } from 'node:fs/promises'
import { ArmError } from '@trusted-launch/api'

const SECTOR_BYTES = 512
/** What begins or ends a disk file of a kind that is not read here. */
const others: readonly (readonly [kind: string, text: string, isAtEnd: boolean])[] = [
  ['VMDK', 'KDMV', false],
  ['VHDX', 'vhdxfile', false],
  ['VDI', '<<< ', false],
  ['VHD', 'conectix', true],
]

/** `qcow2` by its first bytes, else `raw`. @throws {ArmError} another kind of disk file, or no whole sectors. */
export async function formatOf(path: string): Promise<'raw' | 'qcow2'> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const read = async (at: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, at)
      return buffer.subarray(0, bytesRead).toString('latin1')
    }
    const head = await read(0)
    if (head.startsWith('QFI\xfb')) return 'qcow2'
    const tail = await read(Math.max(0, size - SECTOR_BYTES))
    const kind = others.find(([, text, isAtEnd]) => (isAtEnd ? tail : head).startsWith(text))?.[0]
    if (kind !== undefined)
      throw refused(`a ${kind} file: qemu-img convert -O qcow2 makes a qcow2 file of it`)
    if (size === 0 || size % SECTOR_BYTES !== 0)
      throw refused(`${size} bytes, no whole sectors: no raw disk, and no qcow2 file`)
    return 'raw'
  } finally {
    await file.close()
  }
}

function refused(why: string): ArmError {
  return new ArmError({
    status: 400,
    code: 'InvalidImage',
    message: `The file is no disk image that is taken, raw or qcow2: it is ${why}.`,
  })
}
