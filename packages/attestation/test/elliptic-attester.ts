import { generateKeyPairSync, sign } from 'node:crypto'
import { encode } from '@trusted-launch/codec'
import { extendedKeyUsage, PublicKey } from '@trusted-launch/crypto'
import {
  AK_RSA2048,
  nameOfPublic,
  SRK_P256,
  TPM_ALG,
  TPM_ECC,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { type anchorOf, issue } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const curves = {
  'P-256': { curveID: TPM_ECC.NIST_P256, size: 32 },
  'P-384': { curveID: TPM_ECC.NIST_P384, size: 48 },
} as const
type Curve = keyof typeof curves
const none = { scheme: TPM_ALG.NULL, details: null }

/** Evidence (by default of the clean boot), quoted by an AK on this curve. */
export function quotedOn(
  curve: Curve,
  { curveID, size }: { curveID: number; size: number } = curves[curve],
  input: AppraisalInput = evidenceOf(cleanBoot()),
  dates: Parameters<typeof anchorOf>[0] = {},
) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const jwk = publicKey.export({ format: 'jwk' })
  const [x, y] = [jwk.x!, jwk.y!].map((text) => Uint8Array.from(Buffer.from(text, 'base64url')))
  const area = {
    ...SRK_P256,
    objectAttributes: AK_RSA2048.objectAttributes,
    parameters: {
      symmetric: { algorithm: TPM_ALG.NULL, keyBits: null, mode: null },
      scheme: { scheme: TPM_ALG.ECDSA, details: { hashAlg: TPM_ALG.SHA256 } },
      curveID,
      kdf: none,
    },
    unique: { x, y },
  } as unknown as TPMT_PUBLIC
  const signed = (message: Uint8Array, hash: number = TPM_ALG.SHA256) => {
    const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const [signatureR, signatureS] = [raw.subarray(0, size), raw.subarray(size)].map((part) =>
      Uint8Array.from(part),
    )
    const signature = { hash, signatureR, signatureS }
    return encode(TPMT_SIGNATURE, { sigAlg: TPM_ALG.ECDSA, signature } as TPMT_SIGNATURE)
  }
  const certificate = issue({
    subject: [{ oid: '2.5.4.3', value: 'vm-1' }],
    publicKey: PublicKey.fromEc(curve, x!, y!),
    extensions: [extendedKeyUsage('2.23.133.8.3')],
    ...dates,
  })
  const quotes = input.evidence.quotes.map((quote) => ({
    ...quote,
    signature: signed(quote.attest),
  }))
  const akPublic = encode(TPMT_PUBLIC, area)
  return {
    signed,
    input: {
      ...input,
      evidence: { ...input.evidence, akPublic, akCertificate: certificate.der, quotes },
      expectation: { ...input.expectation, akName: nameOfPublic(area) },
    },
  }
}
