import { ArmError } from '@trusted-launch/api'
import { plain } from '../plain-text.ts'
import { Connection } from './connection.ts'
import { adviceOn } from './hints.ts'
import { currentProfile } from './profile.ts'

/**
 * Uses the control plane as whoever is signed in.
 * @throws {Error} nobody is; it does not answer; or it refuses, in its own words and with what to type next.
 */
export async function withService<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = new Connection(currentProfile().profile)
  try {
    return await use(connection)
  } catch (error) {
    throw error instanceof ArmError ? await told(error, connection) : error
  } finally {
    connection.close()
  }
}

/** A refusal as a line: the service's words, its code, and what to type. */
export async function told(error: ArmError, connection: Connection | null): Promise<Error> {
  const { message, hint } = await adviceOn(error.fault, connection)
  const next = hint === null ? '' : `\n    ${plain(hint)}`
  return new Error(`${plain(message)} (${plain(error.fault.code)})${next}`, { cause: error })
}
