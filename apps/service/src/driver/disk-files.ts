import { existsSync } from 'node:fs'
import { lchown, link, lstat, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArmError, type Fault } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import { blankQcow2, converted, copied, type DiskFile, openDiskFile } from '@trusted-launch/host'
import { tooLarge } from '../domain/vm/disk-size.ts'
import { BLOCK_BYTES, DiskFolder } from './disk-folder.ts'
import { formatOf } from './disk-format.ts'
import { requireSpace, spaceIn } from './space.ts'

const GIB = 2 ** 30

/** The files of managed disks: made empty when first attached, copied, taken from a file or a VM, read. */
export class DiskFiles extends DiskFolder {
  /** Made empty where there is none; one that is cut short is made again. */
  async ensure(diskId: string, sizeGiB: number): Promise<string> {
    const path = this.pathOf(diskId)
    if (existsSync(path)) return path
    const roomGib = await this.roomGib()
    if (sizeGiB > roomGib) throw new ArmError(tooLarge(sizeGiB, roomGib))
    await this.put(diskId, (unfinished) => blankQcow2(unfinished, sizeGiB * GIB))
    return path
  }

  /**
   * What disks may take in all: what they have by now, and what is free beyond what the host keeps for itself.
   * @param own the files of VMs' own disks.
   */
  async roomGib(own: readonly string[] = []): Promise<number> {
    const there = (await readdir(this.folder)).filter((name) => name.endsWith('.qcow2'))
    const files = [...own, ...there.map((name) => join(this.folder, name))]
    const taken = await Promise.all(files.map((file) => stat(file).catch(() => null)))
    const bytes = taken.reduce((sum, facts) => sum + (facts?.blocks ?? 0) * BLOCK_BYTES, 0)
    return Math.floor((bytes + (await spaceIn(this.folder))) / GIB)
  }

  /** A copy of a disk that nobody writes to: its bytes as they are, nothing of them is understood. */
  async copy(from: string, to: string, sizeGib: number, signal: AbortSignal): Promise<number> {
    const source = this.pathOf(from)
    if (existsSync(source)) await this.copyFrom(source, to, signal)
    else await this.ensure(to, sizeGib)
    return sizeGib
  }

  /** A copy of a qcow2 file that nobody writes to. @throws {ArmError} no room. */
  async copyFrom(source: string, to: string, signal: AbortSignal): Promise<void> {
    await this.putSized(source, to, (unfinished) => copied(source, unfinished, signal))
  }

  /** What `write` writes, whole or not at all, where there is room for as much as `source` has. @throws {ArmError} */
  async putSized<T>(
    source: string,
    to: string,
    write: (unfinished: string) => Promise<T>,
  ): Promise<T> {
    await requireSpace(this.folder, (await stat(source)).blocks * BLOCK_BYTES)
    return this.put(to, write)
  }

  /**
   * Makes a disk of a file: qcow2 as it is, once it is looked at; raw turned into it. @returns its size.
   * @throws {ArmError} no disk file, larger than asked for, or no room.
   */
  async take(
    path: string,
    to: string,
    sizeGib: number | null,
    signal?: AbortSignal,
  ): Promise<number> {
    const format = await formatOf(path)
    const found = Math.max(1, Math.ceil(sizeIn(path, format) / GIB))
    if (sizeGib !== null && sizeGib < found) throw new ArmError(tooSmall(sizeGib, found))
    if (format === 'qcow2') await this.put(to, (next) => link(path, next))
    else {
      await requireSpace(this.folder, (await stat(path)).blocks * BLOCK_BYTES)
      await this.put(to, (next) => converted(path, next, signal))
    }
    return sizeGib ?? found
  }

  /**
   * Takes over a disk that a VM had as its own, which is gone from there. Nothing of its bytes is understood.
   * @throws {Error} it is no file of its own: whoever wrote to the folder put something else there.
   */
  async keep(from: string, diskId: string, format: 'raw' | 'qcow2'): Promise<void> {
    const taken = `${this.pathOf(diskId)}.taken`
    await rename(from, taken).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
    const facts = await lstat(taken).catch(() => null)
    if (facts === null) return
    if (!facts.isFile() || facts.nlink !== 1) throw new Error(`${from} is no disk of a VM's own`)
    await lchown(taken, process.getuid!(), process.getgid!())
    if (format === 'qcow2') await this.put(diskId, (next) => rename(taken, next))
    else await this.put(diskId, (next) => converted(taken, next))
    await rm(taken, { force: true })
  }

  /** The size of the disk, in bytes. @throws {ArmError} it is not here. */
  async bytesOf(diskId: string): Promise<number> {
    return this.#open(diskId, ({ size }) => size)
  }

  /** So much of the disk, as a guest sees it. @throws {ArmError} it is not here. */
  async read(diskId: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#open(diskId, (disk) => disk.readAt(offset, length))
  }

  #open<T>(diskId: string, use: (disk: DiskFile) => T): T {
    const disk = openDiskFile(this.require(diskId), 'qcow2')
    try {
      return use(disk)
    } finally {
      disk.close()
    }
  }
}

/** Of the disk in it. @throws {ArmError} it is none that may be read. */
function sizeIn(path: string, format: 'raw' | 'qcow2'): number {
  try {
    const disk = openDiskFile(path, format)
    disk.close()
    return disk.size
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new ArmError({
      status: 400,
      code: 'InvalidImage',
      message: `The file is no disk that is taken: ${cause.message}.`,
      target: 'creationData.sourceUri',
    })
  }
}

function tooSmall(asked: number, found: number): Fault {
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `The disk in the file has ${found} GiB, more than the ${asked} GiB that are asked for.`,
    target: 'diskSizeGB',
  }
}
