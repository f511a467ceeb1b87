import { StoreError } from '../domain/store.ts'

/** SQLITE_PERM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB: a matter of the disk or the file. */
const unavailable = [3, 8, 10, 11, 13, 14, 26]

/** SQLITE_BUSY, and its extended codes. */
export const isBusy = (error: unknown) => codeOf(error) === 5

/** SQLite's primary result code; null: it is no error of SQLite. */
function codeOf(error: unknown): number | null {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null
}

/** An error of SQLite as `StoreError`; any other as it is. */
export function told(error: unknown): unknown {
  if (isBusy(error))
    return new StoreError('store-busy', 'another process keeps the database', { cause: error })
  const code = codeOf(error)
  return code !== null && unavailable.includes(code) ? cannotBeUsed(error) : error
}

export function cannotBeUsed(error: unknown): StoreError {
  return new StoreError(
    'store-unavailable',
    `the database cannot be used: ${(error as Error).message}`,
    { cause: error },
  )
}
