import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { chmod, copyFile, lchown, link, lstat, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ArmError, type Fault } from '@trusted-launch/api'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import {
  blankQcow2,
  converted,
  copied,
  type DiskFile,
  openDiskFile,
  readDurably,
  writeDurably,
} from '@trusted-launch/host'
import { tooLarge } from '../domain/vm/disk-size.ts'
import { formatOf } from './disk-format.ts'
import type { FoundFile } from './leftovers.ts'
import { requireSpace, spaceIn } from './space.ts'

const VARIABLES = '.vars'
const OS_TYPE = '.os'
const VARIABLES_BYTES_MAX = 16 << 20
/** What there may be of one disk: its bytes, on their way or there, and what is kept beside them. */
const SUFFIXES = ['', '.new', '.taken', VARIABLES, OS_TYPE]
const FILE = /^([0-9a-f]{32})\.qcow2(?:\.(?:new|taken|vars|os))?$/
/** What nobody needs once who worked with it is gone. */
const WORK = '.work-'

const GIB = 2 ** 30
/** What `blocks` of stat(2) counts in. */
const BLOCK_BYTES = 512

/** The files of managed disks: each found by the id of its resource, made empty when first attached. */
export class DiskFiles {
  readonly folder: string

  /** @param folder on the file system of the host's state directory. What a killed process left of its work there goes. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.folder = folder
    for (const name of readdirSync(folder))
      if (name.startsWith(WORK) || name.endsWith('.tmp') || name.endsWith('.new'))
        rmSync(join(folder, name), { recursive: true, force: true })
  }

  /** @param diskId in any case of letters. */
  pathOf(diskId: string): string {
    return this.pathNamed(this.nameOf(diskId))
  }

  /** @param name as {@link nameOf} tells it. */
  pathNamed(name: string): string {
    return join(this.folder, `${name}.qcow2`)
  }

  /** What the files of a disk begin with. */
  nameOf(diskId: string): string {
    return createHash('sha256').update(diskId.toLowerCase()).digest('hex').slice(0, 32)
  }

  /** All disks there are files of, whole or not, by {@link nameOf}. */
  async files(): Promise<readonly FoundFile[]> {
    const names = (await readdir(this.folder)).flatMap((file) => FILE.exec(file)?.[1] ?? [])
    return [...new Set(names)].map((name) => ({ name, ...this.#factsOf(name) }))
  }

  #factsOf(name: string): Pick<FoundFile, 'bytes' | 'changedAt'> {
    const all = SUFFIXES.flatMap((suffix) => {
      const facts = statSync(this.pathNamed(name) + suffix, { throwIfNoEntry: false })
      return facts === undefined ? [] : [facts]
    })
    return {
      bytes: all.reduce((sum, { blocks }) => sum + blocks * BLOCK_BYTES, 0),
      changedAt: Math.max(0, ...all.map(({ ctimeMs }) => ctimeMs)),
    }
  }

  /**
   * What is there under a name goes, unless it changed since. Nothing else of this process comes between the look and
   * the going: it is out of everybody's sight at once, and its bytes go afterwards. @returns whether it went.
   */
  async drop({ name, changedAt }: FoundFile): Promise<boolean> {
    if (this.#factsOf(name).changedAt !== changedAt) return false
    const going = join(this.folder, `${WORK}${randomBytes(8).toString('hex')}`)
    mkdirSync(going, { mode: 0o700 })
    for (const suffix of SUFFIXES) {
      const file = this.pathNamed(name) + suffix
      if (existsSync(file)) renameSync(file, join(going, basename(file)))
    }
    await rm(going, { recursive: true })
    return true
  }

  /** Made empty where there is none; one that is cut short is made again. */
  async ensure(diskId: string, sizeGiB: number): Promise<string> {
    const path = this.pathOf(diskId)
    if (existsSync(path)) return path
    const roomGib = await this.roomGib()
    if (sizeGiB > roomGib) throw new ArmError(tooLarge(sizeGiB, roomGib))
    await this.#put(path, (unfinished) => blankQcow2(unfinished, sizeGiB * GIB))
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
    return this.#put(this.pathOf(to), write)
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
    if (format === 'qcow2') await this.#put(this.pathOf(to), (next) => link(path, next))
    else {
      await requireSpace(this.folder, (await stat(path)).blocks * BLOCK_BYTES)
      await this.#put(this.pathOf(to), (next) => converted(path, next, signal))
    }
    return sizeGib ?? found
  }

  /** What `write` writes, whole or not at all. */
  put<T>(diskId: string, write: (unfinished: string) => Promise<T>): Promise<T> {
    return this.#put(this.pathOf(diskId), write)
  }

  async #put<T>(target: string, write: (unfinished: string) => Promise<T>): Promise<T> {
    const unfinished = `${target}.new`
    await rm(unfinished, { force: true })
    try {
      const written = await write(unfinished)
      await chmod(unfinished, 0o600)
      renameSync(unfinished, target)
      return written
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  /** What is kept beside the bytes of another. */
  async copyFacts(from: DiskFiles, fromId: string, toId: string): Promise<void> {
    for (const suffix of [VARIABLES, OS_TYPE]) {
      const [source, target] = [from.pathOf(fromId) + suffix, this.pathOf(toId) + suffix]
      if (existsSync(source)) await copyFile(source, target)
      else await rm(target, { force: true })
    }
  }

  /** What a VM that takes the disk as its own is to begin with: OVMF's variables, and what was found on the disk. */
  async keepFacts(
    diskId: string,
    { variables, osType }: { variables: Uint8Array | null; osType: 'Linux' | 'Windows' },
  ): Promise<void> {
    const path = this.pathOf(diskId)
    await rm(path + VARIABLES, { force: true })
    if (variables !== null) await writeDurably(path + VARIABLES, variables, 0o600)
    await writeDurably(path + OS_TYPE, toUtf8(osType), 0o600)
  }

  async variablesOf(diskId: string): Promise<Uint8Array | null> {
    return readDurably(this.pathOf(diskId) + VARIABLES, VARIABLES_BYTES_MAX)
  }

  osTypeOf(diskId: string): 'Linux' | 'Windows' {
    const path = this.pathOf(diskId) + OS_TYPE
    return existsSync(path) && readFileSync(path, 'utf8') === 'Windows' ? 'Windows' : 'Linux'
  }

  /** @throws {ArmError} its bytes are not here. */
  require(diskId: string): string {
    const path = this.pathOf(diskId)
    if (existsSync(path)) return path
    throw new ArmError({
      status: 404,
      code: 'NotFound',
      message: `There are no bytes of the disk ${diskId} on this host.`,
      target: 'osDisk.managedDisk.id',
    })
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
    if (format === 'qcow2') await this.#put(this.pathOf(diskId), (next) => rename(taken, next))
    else await this.#put(this.pathOf(diskId), (next) => converted(taken, next))
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

  /** Its bytes are with a VM from now on. */
  async giveUp(diskId: string): Promise<void> {
    await rm(this.pathOf(diskId), { force: true })
  }

  remove(diskId: string): void {
    for (const suffix of SUFFIXES) rmSync(this.pathOf(diskId) + suffix, { force: true })
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
