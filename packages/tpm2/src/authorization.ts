import { type Of, struct, u8, u32be } from '@trusted-launch/codec'
import { TPM2B_AUTH, TPM2B_NONCE } from './buffers.ts'
import { TPM_RH, TPMA_SESSION } from './constants.ts'

/** The authorization of one handle in a command. TPM 2.0 Part 2, 10.13.2. */
export const TPMS_AUTH_COMMAND = struct('TPMS_AUTH_COMMAND', {
  sessionHandle: u32be,
  nonce: TPM2B_NONCE,
  sessionAttributes: u8,
  hmac: TPM2B_AUTH,
})
export type TPMS_AUTH_COMMAND = Of<typeof TPMS_AUTH_COMMAND>

/** What comes back for each authorization. Part 2, 10.13.3. */
export const TPMS_AUTH_RESPONSE = struct('TPMS_AUTH_RESPONSE', {
  nonce: TPM2B_NONCE,
  sessionAttributes: u8,
  hmac: TPM2B_AUTH,
})

const empty = new Uint8Array()

/**
 * Authorizes by password. The TPM sees it in clear: right for empty ones, and for a TPM whose
 * transport nobody else reads. TPM 2.0 Part 1, 19.4.
 */
export function password(auth: Uint8Array = empty): TPMS_AUTH_COMMAND {
  return {
    sessionHandle: TPM_RH.PW,
    nonce: empty,
    sessionAttributes: TPMA_SESSION.continueSession,
    hmac: auth,
  }
}

/**
 * Authorizes by a policy session without an HMAC. The TPM ends the session when the command
 * succeeds, unless `continueSession`. Part 1, 19.7.
 */
export function policy(
  sessionHandle: number,
  options: { continueSession?: boolean } = {},
): TPMS_AUTH_COMMAND {
  const sessionAttributes = options.continueSession === true ? TPMA_SESSION.continueSession : 0
  return { sessionHandle, nonce: empty, sessionAttributes, hmac: empty }
}
