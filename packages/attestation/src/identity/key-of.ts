import { MalformedError } from '@trusted-launch/codec'
import { PublicKey } from '@trusted-launch/crypto'
import { TPM_ALG, TPM_ECC, type TPMT_PUBLIC } from '@trusted-launch/tpm2'

const curves = { [TPM_ECC.NIST_P256]: 'P-256', [TPM_ECC.NIST_P384]: 'P-384' } as const

/** The key behind a public area. @throws {MalformedError} neither RSA nor P-256 or P-384. */
export function keyOf(area: TPMT_PUBLIC): PublicKey {
  if (area.type === TPM_ALG.RSA)
    return PublicKey.fromRsa(area.unique, area.parameters.exponent || 65537)
  if (area.type === TPM_ALG.ECC) {
    const curve = (curves as Record<number, 'P-256' | 'P-384'>)[area.parameters.curveID]
    if (curve !== undefined) return PublicKey.fromEc(curve, area.unique.x, area.unique.y)
  }
  throw new MalformedError('TPMT_PUBLIC.type', 0, 'neither RSA nor P-256 or P-384')
}
