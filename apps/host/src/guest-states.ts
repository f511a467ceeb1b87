import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { concat, toUtf8 } from '@trusted-launch/codec'
import { CryptoError, open, seal } from '@trusted-launch/crypto'
import { SealedFileError } from './sealed-file.ts'
import type { SealedFile, VtpmKeeper } from './vtpm-port.ts'

const MAGIC = toUtf8('trusted-launch guest state 1\0')
const NONCE_BYTES = 12
const NAME = 'guest-states'

/**
 * Guest states that leave the host: variable stores of VMs, never a vTPM, sealed with a key of this host
 * (AES-256-GCM) that is wrapped by its key-encryption key. Whoever has one can keep it and bring it back, and can
 * neither read nor change it.
 */
export class GuestStates {
  readonly #file: SealedFile
  readonly #keeper: Pick<VtpmKeeper, 'makeKey' | 'openKey'>
  #key: Promise<Uint8Array> | null = null

  constructor(stateDirectory: string, keeper: Pick<VtpmKeeper, 'makeKey' | 'openKey'>) {
    this.#file = { vm: NAME, path: join(stateDirectory, `${NAME}.key`) }
    this.#keeper = keeper
  }

  /** Each time other bytes. */
  async seal(state: Uint8Array): Promise<Uint8Array> {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES))
    const parameters = { key: await this.#opened(), nonce, associatedData: MAGIC }
    return concat(MAGIC, nonce, seal(parameters, state))
  }

  /** Null: it is none that was sealed by any host. @throws {SealedFileError} another host's, or changed. */
  async open(bytes: Uint8Array): Promise<Uint8Array | null> {
    if (!MAGIC.every((byte, at) => bytes[at] === byte)) return null
    const nonce = bytes.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES)
    if (nonce.length < NONCE_BYTES) throw refused()
    try {
      const key = await this.#opened()
      const parameters = { key, nonce, associatedData: MAGIC }
      return open(parameters, bytes.subarray(MAGIC.length + NONCE_BYTES))
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause
      throw refused({ cause })
    }
  }

  /** The wrapped key, once there is one: no rotation may lose it. */
  sealedFiles(): readonly SealedFile[] {
    return existsSync(this.#file.path) ? [this.#file] : []
  }

  /** Made at first use, and read again at each: a rotation wraps it anew. */
  #opened(): Promise<Uint8Array> {
    this.#key ??= (
      existsSync(this.#file.path)
        ? this.#keeper.openKey(this.#file)
        : this.#keeper.makeKey(this.#file)
    ).finally(() => {
      this.#key = null
    })
    return this.#key
  }
}

function refused(options?: ErrorOptions): SealedFileError {
  const message = 'the guest state was sealed by another host, or was changed'
  return new SealedFileError('sealed-file-refused', message, options)
}
