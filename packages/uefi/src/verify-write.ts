import type { SignatureFault } from '@trusted-launch/crypto'
import {
  type Certificate,
  decodeSignedData,
  type VerifiedSigner,
  verifySignedData,
} from '@trusted-launch/crypto'
import { type AuthenticatedWrite, signedBytesOf } from './authenticated-variable.ts'
import type { VariableName } from './variable.ts'

/**
 * Whether one of the anchors (the certificates of PK or KEK) signed this write of this variable, with
 * these attributes: who did, or why not. Dates are not looked at, as UEFI does not.
 *
 * It does not compare the timestamp with the old value's: a replayed older write passes here.
 *
 * @throws {MalformedError} the signature is no PKCS#7 SignedData.
 * @see UEFI 2.10, 8.2.2
 */
export function verifyAuthenticatedWrite(
  write: AuthenticatedWrite,
  variable: VariableName,
  attributes: number,
  anchors: readonly Certificate[],
): { readonly signers: readonly VerifiedSigner[] } | SignatureFault {
  const { timeStamp, authInfo } = write.authentication
  const content = signedBytesOf(variable, attributes, timeStamp, write.data)
  return verifySignedData(decodeSignedData(authInfo), { anchors, time: null, content })
}
