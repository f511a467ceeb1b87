import { ArmError } from '@trusted-launch/api'
import { isOurs } from '../worker.ts'

/** No verdict, whatever the evidence says. */
export const ATTESTATION_FAILED = 'AttestationFailed'

/** The guest gave nothing: its silence. What fails on our side after that is none. */
export class NoEvidence extends ArmError {}

/** @throws {ArmError} `AttestationFailed`, with what there was. */
export async function orFailed<T>(
  what: string,
  work: () => Promise<T>,
  Failed: typeof ArmError = ArmError,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isOurs(error)) throw error
    const why = error instanceof Error ? error.message : 'no reason is known'
    const message = `The virtual machine was not attested: ${what} (${why}).`
    throw new Failed({ status: 409, code: ATTESTATION_FAILED, message }, { cause: error })
  }
}
