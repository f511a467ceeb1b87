import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { chmod, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import { DiskFacts, FACTS } from './disk-facts.ts'
import type { FoundFile } from './leftovers.ts'

/** What there may be of one disk: its bytes, on their way or there, and what is kept beside them. */
const SUFFIXES = ['', '.new', '.taken', ...FACTS]
const FILE = /^([0-9a-f]{32})\.qcow2(?:\.(?:new|taken|vars|os))?$/
/** What nobody needs once who worked with it is gone. */
const WORK = '.work-'
/** What `blocks` of stat(2) counts in. */
export const BLOCK_BYTES = 512

/** Where the files of disks lie, each found by the id of its resource. */
export class DiskFolder {
  readonly folder: string
  readonly facts: DiskFacts

  /** @param folder on the file system of the host's state directory. What a killed process left of its work there goes. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.folder = folder
    this.facts = new DiskFacts(this)
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

  /** What `write` writes, whole or not at all. */
  async put<T>(diskId: string, write: (unfinished: string) => Promise<T>): Promise<T> {
    const target = this.pathOf(diskId)
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

  /** Its bytes are with a VM from now on. */
  async giveUp(diskId: string): Promise<void> {
    await rm(this.pathOf(diskId), { force: true })
  }

  remove(diskId: string): void {
    for (const suffix of SUFFIXES) rmSync(this.pathOf(diskId) + suffix, { force: true })
  }
}
