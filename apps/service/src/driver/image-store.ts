import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArmError, type Fault } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import { examineFile, type Image, ImageError, writeDurably } from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { KeptImage } from '../domain/host/images.ts'
import { formatOf } from './disk-format.ts'
import type { FoundFile, Shelf } from './leftovers.ts'
import { NamedTurns } from './named-turns.ts'

const NAME = /^sha256:([0-9a-f]{64})$/
/** What `blocks` of stat(2) counts in. */
const BLOCK_BYTES = 512

/** Images of others, each once, by the SHA-256 of its file. */
export class ImageStore implements Shelf {
  readonly kind = 'image'
  readonly #folder: string
  /** Of each image: nobody removes bytes between their being found here and its being written down whose they are. */
  readonly #turns = new NamedTurns()

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    for (const name of readdirSync(folder))
      if (name.startsWith('.part-')) rmSync(join(folder, name), { recursive: true, force: true })
  }

  /**
   * Looks at a file and keeps it; the file stays where it is, and shares its bytes until somebody removes it.
   * @throws {ArmError} no disk image that a VM of this host could start from; what `isKept` throws.
   */
  async take(
    path: string,
    keys: (osType: 'Linux' | 'Windows') => SecureBootTemplate,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void> {
    const format = await formatOf(path)
    const examination = await examinedFor(path, keys, tell, signal)
    tell('its SHA-256')
    const { sha256, fileBytes } = await hashOf(path, signal)
    const kept = { name: `sha256:${sha256}`, sha256, format, fileBytes, examination }
    await this.#turns.take(kept.name, async () => {
      await this.#keep(path, kept)
      await isKept(kept)
    })
  }

  /** By its name; null: there is none. */
  find(name: string): Image | null {
    const sha256 = NAME.exec(name)?.[1]
    if (sha256 === undefined) return null
    const facts = join(this.#folder, sha256, 'image.json')
    if (!existsSync(facts)) return null
    const { format } = JSON.parse(readFileSync(facts, 'utf8'))
    return { name, sha256, format, path: join(dirname(facts), `disk.${format}`) }
  }

  /** What was found when it was taken; null: there is none. */
  osTypeOf({ path }: Image): 'Linux' | 'Windows' {
    return JSON.parse(readFileSync(join(dirname(path), 'image.json'), 'utf8')).examination.osType
  }

  /** Unless they are somebody's. */
  erase(name: string, isSomebodys: () => Promise<boolean>): Promise<void> {
    return this.#turns.take(name, async () => {
      if (!(await isSomebodys())) await this.#remove(name)
    })
  }

  nameOf(named: string): string {
    return named
  }

  async files(): Promise<readonly FoundFile[]> {
    const names = (await readdir(this.#folder)).map((name) => `sha256:${name}`)
    return Promise.all(names.filter((name) => NAME.test(name)).map((name) => this.#found(name)))
  }

  async #found(name: string): Promise<FoundFile> {
    const folder = join(this.#folder, NAME.exec(name)![1]!)
    const files = (await readdir(folder).catch(() => [])).map((file) => join(folder, file))
    const all = await Promise.all([folder, ...files].map((file) => stat(file).catch(() => null)))
    return {
      name,
      bytes: all.reduce((sum, facts) => sum + (facts?.blocks ?? 0) * BLOCK_BYTES, 0),
      changedAt: Math.max(0, ...all.map((facts) => facts?.ctimeMs ?? 0)),
    }
  }

  remove({ name, changedAt }: FoundFile, isSomebodys: () => Promise<boolean>): Promise<boolean> {
    return this.#turns.take(name, async () => {
      if ((await isSomebodys()) || (await this.#found(name)).changedAt !== changedAt) return false
      await this.#remove(name)
      return true
    })
  }

  async #remove(name: string): Promise<void> {
    const sha256 = NAME.exec(name)?.[1]
    if (sha256 === undefined) return
    const gone = join(this.#folder, `.part-${randomBytes(8).toString('hex')}`)
    await rename(join(this.#folder, sha256), gone).catch((e: NodeJS.ErrnoException) => {
      if (e.code !== 'ENOENT') throw e
    })
    await rm(gone, { recursive: true, force: true })
  }

  /** Whole or not at all. */
  async #keep(path: string, kept: KeptImage): Promise<void> {
    if (this.find(kept.name) !== null) return
    const part = join(this.#folder, `.part-${randomBytes(8).toString('hex')}`)
    await mkdir(part, { mode: 0o700 })
    try {
      const disk = join(part, `disk.${kept.format}`)
      await link(path, disk)
      await synced(disk)
      const facts = new TextEncoder().encode(`${JSON.stringify(kept, null, 2)}\n`)
      await writeDurably(join(part, 'image.json'), facts, 0o600)
      await rename(part, join(this.#folder, kept.sha256))
    } finally {
      await rm(part, { recursive: true, force: true })
    }
  }
}

/** What is found on a disk, by its own system's keys. @throws {ArmError} nothing that a machine starts. */
export async function examinedFor(
  path: string,
  keys: (osType: 'Linux' | 'Windows') => SecureBootTemplate,
  tell: (step: string) => void,
  signal: AbortSignal,
): Promise<Examination> {
  const format = await formatOf(path)
  tell('looking at the disk')
  const seen = await examined(path, format, keys('Linux'), signal)
  const own = seen.osType === 'Linux' ? seen : await examined(path, format, keys('Windows'), signal)
  if (own.startsBy === null) throw new ArmError(unbootable(own.conclusion))
  return own
}

async function examined(
  path: string,
  format: KeptImage['format'],
  keys: SecureBootTemplate,
  signal: AbortSignal,
) {
  try {
    return await examineFile(path, format, keys, signal)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    throw new ArmError(unbootable(error.message.replace(path, 'the file')))
  }
}

async function hashOf(path: string, signal: AbortSignal) {
  const hash = createHash('sha256')
  let fileBytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    fileBytes += chunk.length
    hash.update(chunk)
  }
  return { sha256: hash.digest('hex'), fileBytes }
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

export function unbootable(why: string): Fault {
  return {
    status: 400,
    code: 'InvalidImage',
    message: `No VM could start from it: ${why}.`,
    target: 'storageProfile.osDisk.blobUri',
  }
}
