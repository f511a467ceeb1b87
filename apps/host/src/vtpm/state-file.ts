import { constants } from 'node:fs'
import { chown, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { OUTPUT_PIPE } from '../output.ts'
import type { Account } from '../process.ts'
import { syncFolder } from '../state-directory.ts'
import type { SealedFile } from '../vtpm-port.ts'
import { VtpmError } from './errors.ts'
import type { StateKeyring } from './sealing.ts'

/** swtpm's state: 1.4 kB blank, 145 kB with its non-volatile memory full. */
export const STATE_FILE = 'tpm2-00.permall'
const STATE_BYTES_MAX = 256 << 10
/** Byte 5 of the header: encrypted, with a 256-bit key. @see swtpm, swtpm_nvstore.c */
const ENCRYPTED_256 = 0x09

/** The folders and files of one VM's vTPM, in the VM's folder. */
export class VtpmFolder {
  readonly vm: string
  readonly #folder: string
  readonly #account: Account
  readonly #keys: StateKeyring

  constructor(vm: string, folder: string, account: Account, keys: StateKeyring) {
    this.vm = vm
    this.#folder = folder
    this.#account = account
    this.#keys = keys
  }

  /** Where swtpm works for the VM: its own, closed to all others. */
  get state(): string {
    return join(this.#folder, 'vtpm')
  }

  /** Where a state is prepared; only when the journal knows it does it take the other's place. */
  get draft(): string {
    return join(this.#folder, 'vtpm.new')
  }

  get sockets(): string {
    return join(this.#folder, 'sockets')
  }

  /** What swtpm printed when it last ran for us alone. */
  get log(): string {
    return join(this.#folder, 'swtpm.log')
  }

  /** The pipe of what swtpm and QEMU print while the VM runs. */
  get output(): string {
    return join(this.#folder, OUTPUT_PIPE)
  }

  get key(): SealedFile {
    return { vm: this.vm, path: join(this.#folder, 'vtpm.key') }
  }

  get draftKey(): SealedFile {
    return { vm: this.vm, path: join(this.#folder, 'vtpm.key.new') }
  }

  /** The state, null when there is none. @throws {VtpmError} `vtpm-state-refused` */
  read(folder: string): Promise<Uint8Array | null> {
    return readState(this.vm, join(folder, STATE_FILE))
  }

  /** An empty draft folder, or one with a copy of a state. */
  async makeDraft(state: Uint8Array | null): Promise<void> {
    await this.removeDraft()
    await this.#makeFolder(this.draft)
    if (state === null) return
    const file = await open(join(this.draft, STATE_FILE), 'wx', 0o600)
    try {
      await file.writeFile(state)
      if (this.#account !== null) await file.chown(this.#account.uid, this.#account.gid)
    } finally {
      await file.close()
    }
  }

  /** Makes the draft's state last on the disk, and tells its hash. */
  async finishDraft(): Promise<string> {
    const state = await this.read(this.draft)
    if (state === null) throw new VtpmError('vtpm-failed', this.vm, 'swtpm wrote no state')
    await this.sync(this.draft)
    return hashOf(state)
  }

  /** Makes a state last on the disk: swtpm does not. */
  async sync(folder: string): Promise<void> {
    const file = await open(join(folder, STATE_FILE), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await syncFolder(folder)
  }

  /** The draft takes the state's place, with its key if it has one of its own; then it is gone. */
  async promoteDraft(): Promise<void> {
    await this.#keys.move(this.draftKey, this.key)
    const folders = await readdir(this.#folder)
    if (!folders.includes('vtpm')) await this.#makeFolder(this.state)
    else if (this.#account !== null) await chown(this.state, this.#account.uid, this.#account.gid) // copied back by somebody
    for (const name of await readdir(this.state))
      if (name !== STATE_FILE) await rm(join(this.state, name), { recursive: true, force: true })
    await rename(join(this.draft, STATE_FILE), join(this.state, STATE_FILE))
    await syncFolder(this.state)
    await this.removeDraft()
  }

  async removeDraft(): Promise<void> {
    await this.#keys.remove(this.draftKey)
    await rm(this.draft, { recursive: true, force: true })
    await syncFolder(this.#folder)
  }

  async #makeFolder(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 })
    if (this.#account !== null) await chown(path, this.#account.uid, this.#account.gid)
  }
}

/** SHA-256 of a state, hexadecimal. */
export function hashOf(state: Uint8Array): string {
  return toHex(digest('sha256', state))
}

/** Whether swtpm's header says that the state is encrypted with a 256-bit key. */
export function isEncrypted(state: Uint8Array): boolean {
  return state[5] === ENCRYPTED_256
}

/** Follows no link, opens nothing that could block, reads nothing that is too large. */
async function readState(vm: string, path: string): Promise<Uint8Array | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((e: NodeJS.ErrnoException) => {
    if (e.code === 'ENOENT' || e.code === 'ENOTDIR') return null
    throw new VtpmError('vtpm-state-refused', vm, 'the state cannot be opened', { cause: e })
  })
  if (file === null) return null
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > STATE_BYTES_MAX)
      throw new VtpmError('vtpm-state-refused', vm, `${stat.size} bytes, or no plain file`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}
