import { createHash } from 'node:crypto'

/**
 * The variable store's file, whole, by its SHA-256 in hexadecimal: as it was when the VM last stopped, or somebody had
 * its host change it since; and as it was when it started after that. While a VM runs its firmware writes there, so in
 * between the file is held against nothing.
 */
export interface KeptStore {
  /** Null: nobody saw it stop. */
  readonly stopped: string | null
  /** Null: it has not started since. */
  readonly started: string | null
}

/** Of a VM that stopped, or whose store its host changed; null: the file cannot be read. */
export function storeStopped(file: Uint8Array | null): KeptStore {
  return { stopped: file === null ? null : hashOf(file), started: null }
}

/** Of a VM that starts. */
export function storeStarted(before: KeptStore | null, file: Uint8Array): KeptStore {
  return { stopped: before?.stopped ?? null, started: hashOf(file) }
}

function hashOf(file: Uint8Array): string {
  return createHash('sha256').update(file).digest('hex')
}
