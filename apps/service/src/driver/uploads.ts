import { createHash } from 'node:crypto'
import { constants, mkdirSync } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArmError, faults } from '@trusted-launch/api'
import { NamedTurns } from './named-turns.ts'
import { requireSpace } from './space.ts'

const KEPT_MS = 24 * 60 * 60 * 1000
const TAKEN = '.taken'
/** The largest file that is taken: what a disk may be. */
export const UPLOAD_BYTES_MAX = 32_767 * 2 ** 30

/** Files on their way to becoming images or disks: written piece by piece, gone a day after the last piece. */
export class Uploads {
  readonly #folder: string
  readonly #now: () => number
  readonly #require: typeof requireSpace
  /** Of each file: what is taken nobody still writes to. */
  readonly #turns = new NamedTurns()

  /** @param folder on the file system of images and disks. */
  constructor(folder: string, now: () => number = Date.now, require = requireSpace) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#now = now
    this.#require = require
  }

  /** By the id of the upload, in any case of letters. */
  pathOf(id: string): string {
    return join(this.#folder, createHash('sha256').update(id.toLowerCase()).digest('hex'))
  }

  /**
   * Writes a piece of a file of `sizeBytes`; what no piece covers is zeros. Again is the same.
   * @throws {ArmError} it lies outside, or there is no room: for the whole when it begins, for the piece afterwards.
   */
  async write(id: string, piece: Uint8Array, offset: number, sizeBytes: number): Promise<void> {
    const fits =
      [offset, sizeBytes].every((each) => Number.isSafeInteger(each) && each >= 0) &&
      sizeBytes <= UPLOAD_BYTES_MAX &&
      offset + piece.length <= sizeBytes
    if (!fits) throw new ArmError(faults.invalidParameter('offset'))
    const path = this.pathOf(id)
    await this.#turns.take(path, () => this.#writePiece(path, piece, offset, sizeBytes))
  }

  async #writePiece(
    path: string,
    piece: Uint8Array,
    offset: number,
    sizeBytes: number,
  ): Promise<void> {
    const isNew = (await stat(path).catch(() => null)) === null
    if (isNew) await this.forgetOld()
    // A file that is begun has no bytes yet: what it is to have others may have taken meanwhile.
    await this.#require(this.#folder, isNew ? sizeBytes : piece.length)
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      if ((await file.stat()).size !== sizeBytes) await file.truncate(sizeBytes)
      await file.write(piece, 0, piece.length, offset)
    } finally {
      await file.close()
    }
  }

  async has(id: string): Promise<boolean> {
    const path = this.pathOf(id)
    const there = await Promise.all(
      [path, path + TAKEN].map((each) => stat(each).catch(() => null)),
    )
    return there.some((facts) => facts !== null)
  }

  /** So much of it; what nobody wrote is zeros. */
  async read(id: string, offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    const file = await open(this.pathOf(id)).catch(() => null)
    try {
      await file?.read(bytes, 0, length, offset)
    } finally {
      await file?.close()
    }
    return bytes
  }

  /** The file, which nobody writes to any more; again the same. @throws {ArmError} there is none. */
  take(id: string): Promise<string> {
    return this.#turns.take(this.pathOf(id), () => this.#take(id))
  }

  async #take(id: string): Promise<string> {
    const taken = this.pathOf(id) + TAKEN
    const isTaken = (await stat(taken).catch(() => null)) !== null
    if (isTaken) return taken
    await rename(this.pathOf(id), taken).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause
      const name = id.split('/').at(-1)
      throw new ArmError({
        status: 400,
        code: 'SourceNotAvailable',
        message: `There is no upload '${name}' on this host: it is kept for a day after its last piece.`,
      })
    })
    return taken
  }

  async remove(id: string): Promise<void> {
    for (const suffix of ['', TAKEN]) await rm(this.pathOf(id) + suffix, { force: true })
  }

  /** Those that had no piece for a day. */
  async forgetOld(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      const facts = await stat(path).catch(() => null)
      if (facts !== null && facts.mtimeMs < this.#now() - KEPT_MS) await rm(path, { force: true })
    }
  }
}
