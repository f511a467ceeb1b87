import { constants } from 'node:fs'
import {
  chmod,
  copyFile,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
} from 'node:fs/promises'
import { join } from 'node:path'
import { OUTPUT_PIPE } from '../output.ts'
import type { Account } from '../process.ts'
import { FILES } from '../qemu-args.ts'
import { syncFolder, temporaryBeside, writeDurably } from '../state-directory.ts'
import { BoundedLog } from './bounded-log.ts'
import { Console } from './console.ts'
import { MachineError } from './errors.ts'
import { RECORD } from './record.ts'
import { type Seed, writeSeed } from './seed.ts'

/** No file of QEMU's that we read is larger. */
const FILE_MAX = 64 << 20
const SCREENSHOT = 'screenshot.png'

/** The files of a VM that QEMU works on, in `machine/` of the VM's folder, and what it printed. */
export class MachineFolder {
  /** The VM's folder, 0700. */
  readonly path: string
  readonly console: Console
  /** What QEMU and swtpm printed. */
  readonly outputLog: BoundedLog
  readonly #qemu: Account

  constructor(path: string, qemu: Account) {
    this.path = path
    this.#qemu = qemu
    this.console = new Console(join(path, 'console.log'))
    this.outputLog = new BoundedLog(join(path, 'output.log'))
  }

  /** QEMU's working directory. */
  get machine(): string {
    return join(this.path, 'machine')
  }

  /** The pipe of what QEMU and swtpm print. */
  get output(): string {
    return join(this.path, OUTPUT_PIPE)
  }

  get disk(): string {
    return join(this.machine, FILES.disk)
  }

  /** Fills `machine/`: a copy of the image, the variable store and the seed, QEMU's own. */
  async fill(image: string, variables: Uint8Array, seed: Seed | null): Promise<void> {
    await mkdir(this.machine, { mode: 0o700 })
    await Promise.all([
      copyFile(image, this.disk, constants.COPYFILE_FICLONE),
      writeDurably(this.#variables, variables, 0o600),
    ])
    await chmod(this.disk, 0o600)
    if (seed !== null) await writeSeed(this.#seed, seed)
    const seeds = seed === null ? [] : [this.#seed]
    for (const path of [this.machine, this.disk, this.#variables, ...seeds]) await this.#give(path)
  }

  /** Puts another disk in place of the VM's own: a copy of the image. */
  async replaceDisk(image: string): Promise<void> {
    const copy = temporaryBeside(this.disk)
    try {
      await copyFile(image, copy, constants.COPYFILE_FICLONE)
      await chmod(copy, 0o600)
      await this.#give(copy)
      await rename(copy, this.disk)
    } finally {
      await rm(copy, { force: true })
    }
  }

  /** A disk of ours on the same file system takes the place of the VM's own, and is gone from where it was. */
  async takeDisk(from: string): Promise<void> {
    await chmod(from, 0o600)
    await this.#give(from)
    await rename(from, this.disk)
    await syncFolder(this.machine)
  }

  /**
   * Lets QEMU's account have a file of somebody's under a name in `machine/`, whatever folders it lies in.
   * @throws {MachineError} `machine-disk-missing`; `machine-disk-in-use`: it has another name already;
   * `machine-bad-spec`: on another file system, or no file.
   */
  async lend(path: string, name: string): Promise<void> {
    const own = join(this.machine, name)
    const real = await realpath(path).catch((cause) => {
      throw new MachineError('machine-disk-missing', `there is no ${path}`, { cause })
    })
    const facts = await lstat(real)
    if (!facts.isFile()) throw new MachineError('machine-bad-spec', `${path} is no file`)
    if (!(await isSame(real, own))) {
      if (facts.nlink !== 1)
        throw new MachineError('machine-disk-in-use', `${path} is a disk of another VM`)
      await rm(own, { force: true })
      await hardLink(real, own)
    }
    await this.#give(real)
  }

  /** What was lent is the manager's own again, closed to others; nothing when it was not lent to this VM. */
  async takeBack(path: string, name: string): Promise<void> {
    const own = join(this.machine, name)
    const real = await realpath(path).catch(() => null)
    if (real !== null && (await isSame(real, own)))
      await lchown(real, process.getuid!(), process.getgid!())
    await rm(own, { force: true })
  }

  /** The variable store file as it is now. @throws {MachineError} `machine-file-foreign` */
  readVariables(): Promise<Uint8Array> {
    return readOwn(this.#variables)
  }

  async writeVariables(variables: Uint8Array): Promise<void> {
    await writeDurably(this.#variables, variables, 0o600)
    await this.#give(this.#variables)
  }

  /** What QEMU draws under the name it is given; gone again. @throws {MachineError} `machine-file-foreign` */
  async screenshot(draw: (name: string) => Promise<void>): Promise<Uint8Array> {
    const path = join(this.machine, SCREENSHOT)
    await rm(path, { force: true })
    try {
      await draw(SCREENSHOT)
      return await readOwn(path)
    } finally {
      await rm(path, { force: true })
    }
  }

  /** The record last: until then it says that the VM is none. */
  async remove(): Promise<void> {
    for (const name of await readdir(this.path))
      if (name !== RECORD) await rm(join(this.path, name), { recursive: true, force: true })
    await rm(this.path, { recursive: true, force: true })
  }

  get #variables(): string {
    return join(this.machine, FILES.variables)
  }

  get #seed(): string {
    return join(this.machine, FILES.seed)
  }

  async #give(path: string): Promise<void> {
    if (this.#qemu !== null) await lchown(path, this.#qemu.uid, this.#qemu.gid)
  }
}

/** Whether both are names of one file. */
async function isSame(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((each) => lstat(each).catch(() => null)))
  return one != null && one.dev === two?.dev && one.ino === two.ino
}

async function hardLink(path: string, to: string): Promise<void> {
  try {
    await link(path, to)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause
    const message = `${path} is on another file system than the state directory`
    throw new MachineError('machine-bad-spec', message, { cause })
  }
}

/** A file that QEMU's account could have made anything of: a regular file of sensible size, or none. */
async function readOwn(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile() || facts.size > FILE_MAX)
      throw new MachineError('machine-file-foreign', `${path} is not a file of ours`)
    // Not a byte more, should it grow meanwhile.
    const bytes = new Uint8Array(facts.size)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
