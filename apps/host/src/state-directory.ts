import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StateError } from './errors.ts'

/** No file of ours is larger; a larger one is not ours. */
export const FILE_LIMIT = 4 << 20
const TEMPORARY = /^\..*\.[0-9a-f]{16}\.tmp$/
const VM_ID = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/

/**
 * Writes a file so that after a power cut it is either the old one or the new one, whole: a temporary
 * file in the same folder, fsync, rename, fsync of the folder.
 */
export async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path)
  const temporary = temporaryBeside(path)
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.chmod(mode)
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (e) {
    await rm(temporary, { force: true })
    throw e
  }
  await syncFolder(folder)
}

/** A name in the same folder for what is half written: where a killed manager left it, the next one removes it. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
}

/** Makes names added to or removed from a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Reads a file written by {@link writeDurably}; null when there is none.
 * @throws {StateError} `state-too-large` beyond `max` bytes: it is read only when it fits.
 */
export async function readDurably(path: string, max = FILE_LIMIT): Promise<Uint8Array | null> {
  const file = await open(path, 'r').catch((e: NodeJS.ErrnoException) => {
    if (e.code === 'ENOENT') return null
    throw e
  })
  if (file === null) return null
  try {
    const { size } = await file.stat()
    if (size > max) throw new StateError('state-too-large', path, `${size} bytes, limit ${max}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/**
 * The folder in which one manager keeps what it knows:
 *
 *     lock               held while a manager lives
 *     vms/ID/            one VM, 0700: machine.json, machine/, vtpm/, sockets/
 *     points/ID/         one restore point, sealed; points/ID.key
 *
 * The lock is the kernel's (SQLite's on a file of its own): it goes with the process that holds it, also on
 * `kill -9`, and never has to be judged stale.
 */
export class StateDirectory {
  readonly path: string
  readonly #lock: DatabaseSync

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
  }

  /**
   * Makes the folder if it is missing, takes its lock, and removes half-written files and empty VM folders.
   * From then on it goes by its real path, as the processes in it do.
   * @throws {StateError} `state-locked` while another manager has it; `state-foreign` when the folder
   * belongs to another user.
   */
  static open(given: string): StateDirectory {
    mkdirSync(join(given, 'vms'), { recursive: true, mode: 0o700 })
    const path = realpathSync(given)
    if (statSync(path).uid !== process.getuid?.())
      throw new StateError('state-foreign', path, 'belongs to another user')
    for (const folder of [path, join(path, 'vms')]) chmodSync(folder, 0o700)
    const directory = new StateDirectory(path, takeLock(join(path, 'lock')))
    directory.#removeHalfWritten()
    return directory
  }

  /** The ids of the VMs that have a folder. */
  vms(): string[] {
    const entries = readdirSync(join(this.path, 'vms'), { withFileTypes: true })
    return entries.filter((each) => VM_ID.test(each.name) && !each.isFile()).map(({ name }) => name)
  }

  /** Where a VM's things are. @throws {StateError} `state-bad-id` */
  folder(id: string): string {
    if (!VM_ID.test(id)) throw new StateError('state-bad-id', this.path, `bad VM id`)
    return join(this.path, 'vms', id)
  }

  /** Lets the next manager in. */
  close(): void {
    if (this.#lock.isOpen) this.#lock.close()
  }

  #removeHalfWritten(): void {
    const own = ['', 'keys', 'authority', 'journal'].map((name) => join(this.path, name))
    const vms = this.vms().flatMap((id) => [this.folder(id), join(this.folder(id), 'machine')])
    for (const folder of [...own, ...vms])
      for (const name of namesIn(folder))
        if (TEMPORARY.test(name)) attempt(() => unlinkSync(join(folder, name)))
    for (const id of this.vms()) attempt(() => rmdirSync(this.folder(id))) // only when it is empty
  }
}

/** None when it cannot be read: who needs the folder says so. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Anything in `machine/` can be named so by QEMU's account: no link is followed, a folder stays. */
function attempt(remove: () => void): void {
  try {
    remove()
  } catch {
    // In nobody's way.
  }
}

/**
 * Takes a lock that goes with the process that holds it, also on `kill -9`.
 * @returns lets it go. @throws {StateError} `state-locked`: another process has it.
 */
export function holdLock(path: string): () => void {
  const lock = takeLock(path)
  return () => lock.close()
}

function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    chmodSync(path, 0o600)
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (e) {
    lock.close()
    if ((e as { errcode?: number }).errcode === SQLITE_BUSY)
      throw new StateError('state-locked', path, 'another manager has this state directory')
    throw e
  }
}

const SQLITE_BUSY = 5

/** The JSON of a file of ours; null when there is none. @throws {StateError} `state-malformed` */
export function readJson(path: string): unknown {
  let text: string
  try {
    if (statSync(path).size > FILE_LIMIT) throw new StateError('state-too-large', path, 'too large')
    text = readFileSync(path, 'utf8')
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw e
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StateError('state-malformed', path, 'not JSON', { cause })
  }
}
