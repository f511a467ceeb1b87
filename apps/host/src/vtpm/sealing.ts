import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { readDurably, syncFolder, writeDurably } from '../state-directory.ts'
import type { SealedFile } from '../vtpm-port.ts'
import { VtpmError } from './errors.ts'
import type { KeyEncryptionKeys, WrappedKey } from './key-encryption-key.ts'

/** What one vTPM is encrypted with: its state at rest, and its state when it is moved or snapshot. */
export interface StateKeys {
  /** 32 bytes, AES-256. */
  readonly stateKey: Uint8Array
  /** 32 bytes, AES-256. */
  readonly migrationKey: Uint8Array
}

/** The VMs that have a vTPM, as they are now: none of them may lack a wrapped key. */
export type Owed = () => Promise<readonly string[]>

/** What a rotation did. `refused` VMs' keys are not wrapped with the new one: then no key is forgotten. */
export interface Rotation {
  readonly current: string
  readonly wrapped: number
  readonly refused: readonly string[]
}

const KEY_BYTES = 32
const SEALED_FILE_LIMIT = 4096

/**
 * The VMs' state keys, wrapped in a file with each VM. Nobody else writes, moves or removes these files,
 * and one thing happens at a time: no key is left wrapped with a key-encryption key being retired.
 */
export class StateKeyring {
  readonly #keys: KeyEncryptionKeys
  #turn: Promise<unknown> = Promise.resolve()

  constructor(keys: KeyEncryptionKeys) {
    this.#keys = keys
  }

  /** Draws new keys for a VM and leaves them at `path`, wrapped. */
  make(file: SealedFile): Promise<StateKeys> {
    return this.#next(async () => {
      const secret = Uint8Array.from(randomBytes(2 * KEY_BYTES))
      await write(file, await this.#keys.wrap(file.vm, secret))
      return split(secret)
    })
  }

  /** Leaves keys that there are already at `path`, wrapped. */
  put(file: SealedFile, secret: Uint8Array): Promise<void> {
    return this.#next(async () => write(file, await this.#keys.wrap(file.vm, secret)))
  }

  /** @throws {VtpmError} `vtpm-key-missing`, `vtpm-key-refused` */
  async open(file: SealedFile): Promise<StateKeys> {
    return split(await this.read(file))
  }

  /** Both keys, one after the other: 64 bytes. @throws as `open` */
  read(file: SealedFile): Promise<Uint8Array> {
    return this.#next(async () => {
      const secret = await this.#keys.unwrap(file.vm, await read(file))
      if (secret.length === 2 * KEY_BYTES) return secret
      throw new VtpmError('vtpm-key-refused', file.vm, 'a wrapped key of another size')
    })
  }

  /** One file takes another's place; nothing happens when there is none. */
  move(from: SealedFile, to: SealedFile): Promise<void> {
    return this.#next(async () => {
      try {
        await rename(from.path, to.path)
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code === 'ENOENT') return
        throw e
      }
      await syncFolder(dirname(to.path))
    })
  }

  /** Removes a file; the folder is not yet synced. */
  remove({ path }: SealedFile): Promise<void> {
    return this.#next(() => rm(path, { force: true }))
  }

  /**
   * A new key-encryption key for everything: wraps each file anew, then forgets the former ones. May be
   * killed at any point: what is not wrapped anew still opens, and `finishRotation` does the rest. A VM that
   * is owed a key and shows none, its folder put aside perhaps, is refused: the former ones are kept for it.
   */
  rotate(files: readonly SealedFile[], owed: Owed): Promise<Rotation> {
    return this.#next(async () => {
      await this.#keys.renew()
      return this.#wrapAnew(files, owed)
    })
  }

  /** What a killed `rotate` left undone; nothing when there is nothing. For every start of a manager. */
  finishRotation(files: readonly SealedFile[], owed: Owed): Promise<Rotation> {
    return this.#next(() => this.#wrapAnew(files, owed))
  }

  async #wrapAnew(files: readonly SealedFile[], owed: Owed): Promise<Rotation> {
    const current = await this.#keys.current()
    let wrapped = 0
    for (const file of files)
      if (await this.#wrapOneAnew(file, current).catch(() => false)) wrapped++
    const refused = await refusedOf(files, current, await owed())
    if (refused.length === 0) await this.#keys.retireFormer()
    return { current, wrapped, refused }
  }

  /** False when there is nothing to do: no file, or wrapped with the current key. */
  async #wrapOneAnew(file: SealedFile, current: string): Promise<boolean> {
    const before = await find(file)
    if (before === null || before.keyEncryptionKey === current) return false
    const secret = await this.#keys.unwrap(file.vm, before)
    await write(file, await this.#keys.wrap(file.vm, secret))
    return true
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** The VMs whose files, as they are now, do not open with the current key, and those owed that have none. */
async function refusedOf(
  files: readonly SealedFile[],
  current: string,
  owed: readonly string[],
): Promise<string[]> {
  const refused = new Set(owed)
  const others = new Set<string>()
  for (const file of files) {
    const id = await find(file).then(
      (wrapped) => wrapped?.keyEncryptionKey ?? null,
      () => 'unreadable',
    )
    if (id === current) refused.delete(file.vm)
    else if (id !== null) others.add(file.vm)
  }
  return [...new Set([...refused, ...others])]
}

/** What 64 bytes are the keys of. */
export function split(secret: Uint8Array): StateKeys {
  return { stateKey: secret.subarray(0, KEY_BYTES), migrationKey: secret.subarray(KEY_BYTES) }
}

function write(file: SealedFile, wrapped: WrappedKey): Promise<void> {
  return writeDurably(file.path, toUtf8(`${JSON.stringify(wrapped)}\n`), 0o600)
}

async function read(file: SealedFile): Promise<WrappedKey> {
  const wrapped = await find(file)
  if (wrapped !== null) return wrapped
  throw new VtpmError('vtpm-key-missing', file.vm, 'no wrapped key with the VM')
}

async function find({ vm, path }: SealedFile): Promise<WrappedKey | null> {
  const bytes = await readDurably(path, SEALED_FILE_LIMIT)
  if (bytes === null) return null
  const wrapped = parse(bytes)
  if (wrapped === null) throw new VtpmError('vtpm-key-refused', vm, 'not a wrapped key')
  return wrapped
}

function parse(bytes: Uint8Array): WrappedKey | null {
  try {
    const value = JSON.parse(fromUtf8(bytes)) as WrappedKey
    const texts = [value.keyEncryptionKey, value.nonce, value.sealed]
    return value.version === 1 && texts.every((text) => typeof text === 'string') ? value : null
  } catch {
    return null
  }
}
