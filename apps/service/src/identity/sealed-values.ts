import { createHmac, randomBytes } from 'node:crypto'
import { concat, toUtf8 } from '@trusted-launch/codec'
import { open, seal } from '@trusted-launch/crypto'
import { readDurably, writeDurably } from '@trusted-launch/host'
import type { Values } from '../domain/store.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
/** Sealed when the database was new: who opens it has the right key. */
const CHECK = 'seal/check'

/** The database is sealed with another key than the one in the file, or than none. */
export class SealKeyError extends Error {
  readonly code = 'seal-key-wrong'

  constructor(keyFile: string, options?: ErrorOptions) {
    super(
      `${keyFile} is not the key that this database is sealed with: copy the seal.key of the service that made it there`,
      options,
    )
    this.name = 'SealKeyError'
  }
}

/**
 * Values that the database keeps and can't read: AES-256-GCM under a key that lies in a file of its own,
 * each bound to its name. Several services on one database share the file.
 */
export class SealedValues {
  readonly #key: Uint8Array
  readonly #values: Values

  private constructor(key: Uint8Array, values: Values) {
    this.#key = key
    this.#values = values
  }

  /**
   * With the key of a file (0600), which is made when there is none and nothing is sealed yet.
   * @throws {SealKeyError} @throws {Error} the file holds no key of 32 bytes; {@link StateError} it can't be read.
   */
  static async open(keyFile: string, values: Values): Promise<SealedValues> {
    let key = await readDurably(keyFile, KEY_BYTES)
    if (key === null) {
      if ((await values.get(CHECK)) !== null) throw new SealKeyError(keyFile)
      key = new Uint8Array(randomBytes(KEY_BYTES))
      await writeDurably(keyFile, key, 0o600)
    }
    if (key.length !== KEY_BYTES) throw new Error(`${keyFile}: not a key of ${KEY_BYTES} bytes`)
    const sealed = new SealedValues(key, values)
    await sealed.#check(keyFile)
    return sealed
  }

  async #check(keyFile: string): Promise<void> {
    try {
      await this.getOrMake(CHECK, async () => new Uint8Array())
    } catch (cause) {
      throw new SealKeyError(keyFile, { cause })
    }
  }

  /**
   * The value of that name, made and kept where there was none. Of several who make it at once, all get
   * the same. @throws {CryptoError} `AEAD_REFUSED`: it was sealed with another key, or changed.
   */
  async getOrMake(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const found = await this.get(name)
    if (found !== null) return found
    const made = await make()
    if (await this.#values.putNew(name, this.#seal(name, made))) return made
    return (await this.get(name)) ?? made
  }

  /** Null: none of that name. @throws {CryptoError} `AEAD_REFUSED` */
  async get(name: string): Promise<Uint8Array | null> {
    const sealed = await this.#values.get(name)
    if (sealed === null) return null
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const parameters = { key: this.#key, nonce, associatedData: toUtf8(name) }
    return open(parameters, sealed.subarray(NONCE_BYTES))
  }

  async put(name: string, value: Uint8Array, expiresAt?: number): Promise<void> {
    await this.#values.put(name, this.#seal(name, value), expiresAt)
  }

  /** @returns whether there was one. */
  delete(name: string): Promise<boolean> {
    return this.#values.delete(name)
  }

  /** The same in a transaction's tables. */
  on(values: Values): SealedValues {
    return new SealedValues(this.#key, values)
  }

  /** A secret that follows from the key and a name, for what need not be kept. */
  derive(name: string): string {
    return createHmac('sha256', this.#key).update(`derive ${name}`).digest('base64url')
  }

  #seal(name: string, value: Uint8Array): Uint8Array {
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES))
    const parameters = { key: this.#key, nonce, associatedData: toUtf8(name) }
    return concat(nonce, seal(parameters, value))
  }
}
