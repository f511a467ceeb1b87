import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { concat, fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { CryptoError, fromBase64url, open, seal, toBase64url } from '@trusted-launch/crypto'
import { readDurably, syncFolder, writeDurably } from '../state-directory.ts'
import { VtpmError } from './errors.ts'

/** A secret that only one key-encryption key opens, for one VM only. Blobs are base64url. */
export interface WrappedKey {
  readonly version: 1
  /** The id of the key-encryption key it is wrapped with. */
  readonly keyEncryptionKey: string
  readonly nonce: string
  readonly sealed: string
}

/**
 * Whoever keeps the key-encryption keys: a file now, a key management service later. It never gives a
 * key away, it wraps and unwraps.
 */
export interface KeyEncryptionKeys {
  /** The id of the key that wraps from now on. */
  current(): Promise<string>
  wrap(vm: string, secret: Uint8Array): Promise<WrappedKey>
  /** @throws {VtpmError} `vtpm-key-missing`, `vtpm-key-refused` */
  unwrap(vm: string, wrapped: WrappedKey): Promise<Uint8Array>
  /** Makes a new key current; the former ones still unwrap. */
  renew(): Promise<string>
  /** Forgets every key but the current one. Only when nothing is wrapped with the others any more. */
  retireFormer(): Promise<void>
}

const KEY_BYTES = 32
const ID = /^[0-9a-f]{16}$/

/**
 * Key-encryption keys as files, 0600, in a folder of their own: `ID.key` each, and `current`, which
 * names one. It protects a copied VM folder; not from whoever reads this folder too (SECURITY.md).
 */
export class FileKeyEncryptionKeys implements KeyEncryptionKeys {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Opens the folder; makes it and a first key when there is none. */
  static async open(folder: string): Promise<FileKeyEncryptionKeys> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    const keys = new FileKeyEncryptionKeys(folder)
    if ((await keys.#currentOrNull()) === null) await keys.renew()
    return keys
  }

  async current(): Promise<string> {
    const id = await this.#currentOrNull()
    if (id === null) throw new Error(`${this.#folder}: no current key-encryption key`)
    return id
  }

  async #currentOrNull(): Promise<string | null> {
    const bytes = await readDurably(join(this.#folder, 'current'), 64)
    if (bytes === null) return null
    const id = fromUtf8(bytes)
    if (!ID.test(id)) throw new Error(`${this.#folder}/current: names no key`)
    return id
  }

  async wrap(vm: string, secret: Uint8Array): Promise<WrappedKey> {
    const id = await this.current()
    const key = await this.#key(vm, id)
    const nonce = randomBytes(12)
    const sealed = seal({ key, nonce, associatedData: associated(id, vm) }, secret)
    return {
      version: 1,
      keyEncryptionKey: id,
      nonce: toBase64url(nonce),
      sealed: toBase64url(sealed),
    }
  }

  async unwrap(vm: string, wrapped: WrappedKey): Promise<Uint8Array> {
    const id = wrapped.keyEncryptionKey
    const key = await this.#key(vm, id)
    try {
      const nonce = fromBase64url(wrapped.nonce)
      return open({ key, nonce, associatedData: associated(id, vm) }, fromBase64url(wrapped.sealed))
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause
      throw new VtpmError(
        'vtpm-key-refused',
        vm,
        'the wrapped key is not its own, or was changed',
        {
          cause,
        },
      )
    }
  }

  async renew(): Promise<string> {
    const id = randomBytes(8).toString('hex')
    await writeDurably(this.#path(id), randomBytes(KEY_BYTES), 0o600)
    await writeDurably(join(this.#folder, 'current'), toUtf8(id), 0o600)
    return id
  }

  async retireFormer(): Promise<void> {
    const current = `${await this.current()}.key`
    for (const name of await readdir(this.#folder))
      if (name !== current && name !== 'current') await rm(join(this.#folder, name))
    await syncFolder(this.#folder)
  }

  async #key(vm: string, id: string): Promise<Uint8Array> {
    const key = ID.test(id) ? await readDurably(this.#path(id), KEY_BYTES) : null
    if (key?.length === KEY_BYTES) return key
    throw new VtpmError('vtpm-key-missing', vm, `the key-encryption key ${id} is not there`)
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.key`)
  }
}

/** Binds what is wrapped to its use, its key and its VM. */
function associated(id: string, vm: string): Uint8Array {
  return concat(toUtf8(`trusted-launch vTPM state keys 1\0${id}\0`), toUtf8(vm))
}
