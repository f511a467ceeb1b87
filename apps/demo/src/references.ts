import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A VM's reference values as the control plane keeps them, in a file outside of the VM's folder. */
export class ReferenceFile {
  /** SHA-256 of the file as it was made. */
  readonly before: string
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.before = this.sha256()
  }

  /** SHA-256 of the file as it is now. */
  sha256(): string {
    return createHash('sha256').update(readFileSync(this.#path)).digest('hex')
  }
}
