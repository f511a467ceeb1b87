import type { TPML_PCR_SELECTION } from './buffers.ts'
import { FlushContext, PolicyGetDigest, PolicyPCR, StartAuthSession } from './commands.ts'
import { TPM_ALG, TPM_RH, TPM_SE } from './constants.ts'
import { execute } from './execute.ts'
import type { Transport } from './transport.ts'

const empty = new Uint8Array()

/**
 * Starts a policy session (SHA-256), unbound and unsalted, and tells its handle; hand it to
 * `execute` as `policy(handle)`. It encrypts nothing and has no HMAC: fit for a policy that needs
 * none, over a transport that nobody else reads.
 *
 * @param nonceCaller 16 to 32 random bytes.
 * @param sessionType `TPM_SE.POLICY`, or `TPM_SE.TRIAL` to learn a policy's digest.
 * @throws {TpmError} among others TPM_RC_SESSION_MEMORY.
 * @see TPM 2.0 Part 1, 19.6
 */
export async function startPolicySession(
  tpm: Transport,
  nonceCaller: Uint8Array,
  sessionType: number = TPM_SE.POLICY,
): Promise<number> {
  const { sessionHandle } = await execute(tpm, StartAuthSession, {
    tpmKey: TPM_RH.NULL,
    bind: TPM_RH.NULL,
    nonceCaller,
    encryptedSalt: empty,
    sessionType,
    symmetric: { algorithm: TPM_ALG.NULL, keyBits: null, mode: null },
    authHash: TPM_ALG.SHA256,
  })
  return sessionHandle
}

/**
 * The digest of the policy "these PCRs hold what they hold now", by a trial session: the `authPolicy`
 * of what is sealed to them.
 *
 * @param nonceCaller 16 to 32 random bytes.
 * @throws {TpmError}
 */
export async function pcrPolicy(
  tpm: Transport,
  nonceCaller: Uint8Array,
  pcrs: TPML_PCR_SELECTION,
): Promise<Uint8Array> {
  const policySession = await startPolicySession(tpm, nonceCaller, TPM_SE.TRIAL)
  try {
    await execute(tpm, PolicyPCR, { policySession, pcrDigest: empty, pcrs })
    return (await execute(tpm, PolicyGetDigest, { policySession })).policyDigest
  } finally {
    await execute(tpm, FlushContext, { flushHandle: policySession })
  }
}
