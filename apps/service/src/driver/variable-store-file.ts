import { readFile, stat } from 'node:fs/promises'
import { ArmError } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import { openDiskFile, SealedFileError } from '@trusted-launch/host'
import { decodeVariableStore } from '@trusted-launch/uefi'

const BYTES_MAX = 16 << 20

/** Opens what a host sealed; null: nobody did. @throws {SealedFileError} */
export type OpenSealed = (bytes: Uint8Array) => Promise<Uint8Array | null>

/**
 * OVMF's variable store in a file, raw, in a qcow2 file, or as this host sealed it for who had access to a disk.
 * @throws {ArmError} it is none.
 */
export async function variableStoreIn(
  path: string,
  open: OpenSealed = async () => null,
): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > BYTES_MAX) throw new MalformedError('', 0, `${size} bytes, more than ${BYTES_MAX}`)
    const bytes = Uint8Array.from(await readFile(path))
    const isQcow2 = String.fromCharCode(...bytes.subarray(0, 4)) === 'QFI\xfb'
    const store = isQcow2 ? wholeOf(path) : ((await open(bytes)) ?? bytes)
    decodeVariableStore(store)
    return store
  } catch (cause) {
    if (!(cause instanceof MalformedError || cause instanceof SealedFileError)) throw cause
    throw new ArmError({
      status: 400,
      code: 'InvalidParameter',
      message: `The file is no variable store of OVMF (*_VARS.fd, raw or qcow2): ${cause.message}.`,
      target: 'creationData.securityDataUri',
    })
  }
}

function wholeOf(path: string): Uint8Array {
  const disk = openDiskFile(path, 'qcow2')
  try {
    if (disk.size > BYTES_MAX) throw new MalformedError('', 0, `${disk.size} bytes`)
    return Uint8Array.from(disk.readAt(0, disk.size))
  } finally {
    disk.close()
  }
}
