import pg from 'pg'
import { StoreError } from '../domain/store.ts'

/** Serialization failure, deadlock, lock timeout, statement timeout. */
const busy = ['40001', '40P01', '55P03', '57014']
/** What `connect` and a broken connection are told by. */
const network = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
]
const broken =
  /^(Connection terminated|timeout exceeded when trying to connect|The server does not)/
/**
 * Connection, wrong database or user, no right, resources, an operator's hand, the system, an idle session ended.
 * @see PostgreSQL, Appendix A
 */
const unavailable = /^(08|0P|28|3D|53|57|58|F0|XX|25P03|42501)/

/** An error of the server or the way to it as `StoreError`; any other as it is. */
export function told(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  const cause = { cause: error }
  if (error instanceof pg.DatabaseError && typeof code === 'string') {
    if (busy.includes(code)) return new StoreError('store-busy', 'the database is busy', cause)
    return unavailable.test(code) ? cannotBeUsed(error) : error
  }
  const isNetwork = typeof code === 'string' && network.includes(code)
  return isNetwork || broken.test(error.message) ? cannotBeUsed(error) : error
}

function cannotBeUsed(error: Error): StoreError {
  return new StoreError('store-unavailable', `the database cannot be used: ${error.message}`, {
    cause: error,
  })
}
