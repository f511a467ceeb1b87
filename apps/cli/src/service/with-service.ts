import { ArmError } from '@trusted-launch/api'
import { plain } from '../plain-text.ts'
import { Connection } from './connection.ts'
import { currentProfile } from './profile.ts'

/** What to type after a refusal, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  AuthenticationFailed: 'sign in again: tl login --admin FILE',
  ResourceGroupNotFound: 'tl vm list shows what there is; --group NAME names a group',
  ResourceNotFound: 'tl vm list shows what there is; --group NAME names a group',
  SubscriptionNotFound: 'sign in again: tl login --admin FILE',
  PlatformImageNotFound: 'tl image list shows the images',
  SkuNotAvailable: 'tl size list --supported shows the sizes that this host can give',
  InvalidParameter: 'see --help for what is taken',
  AllocationFailed: 'a smaller one may fit: tl size list --supported',
}

/**
 * Uses the control plane as whoever is signed in.
 * @throws {Error} nobody is; it does not answer; or it refuses, in its own words and with what to type next.
 */
export async function withService<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = new Connection(currentProfile().profile)
  try {
    return await use(connection)
  } catch (error) {
    throw error instanceof ArmError ? told(error) : error
  } finally {
    connection.close()
  }
}

/** A refusal as a line: the service's words, its code, and what to type. */
export function told(error: ArmError): Error {
  const { code, message } = error.fault
  const hint = Object.hasOwn(HINTS, code) ? `\n    ${HINTS[code]}` : ''
  return new Error(`${plain(message)} (${plain(code)})${hint}`, { cause: error })
}
