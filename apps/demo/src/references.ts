import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import {
  encodeReferenceValues,
  parseReferenceValues,
  type ReferenceValues,
} from '@trusted-launch/attestation'

/** A VM's reference values, in a file outside of the VM's folder: read anew for each appraisal. */
export class ReferenceFile {
  /** SHA-256 of the file as it was made. */
  readonly before: string
  readonly #path: string

  constructor(path: string, values: ReferenceValues) {
    this.#path = path
    writeFileSync(path, encodeReferenceValues(values))
    this.before = this.sha256()
  }

  read(): ReferenceValues {
    return parseReferenceValues(new Uint8Array(readFileSync(this.#path)))
  }

  /** SHA-256 of the file as it is now. */
  sha256(): string {
    return createHash('sha256').update(readFileSync(this.#path)).digest('hex')
  }
}
