import type { Tables } from '../domain/store.ts'
import type { SealedValues } from './sealed-values.ts'

/** What nobody may read in the database, as JSON: secrets, seeds, commands, what a deployment is to do. */
export class SealedRecords {
  readonly #sealed: SealedValues

  constructor(sealed: SealedValues) {
    this.#sealed = sealed
  }

  async put(tables: Pick<Tables, 'values'>, name: string, record: object): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(record))
    await this.#sealed.on(tables.values).put(name, bytes)
  }

  /** Null: it is gone. @throws {CryptoError} `AEAD_REFUSED` */
  async get<T>(name: string, tables?: Pick<Tables, 'values'>): Promise<T | null> {
    const sealed = tables === undefined ? this.#sealed : this.#sealed.on(tables.values)
    const kept = await sealed.get(name)
    return kept === null ? null : JSON.parse(new TextDecoder().decode(kept))
  }
}
