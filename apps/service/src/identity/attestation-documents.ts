import { discoveryDocumentOf } from '@trusted-launch/attestation'
import { toLatin1 } from '@trusted-launch/codec'
import type { AttestationSigner } from './attestation-signer.ts'

/** What anybody may have, without a token. */
export interface OpenDocument {
  readonly type: string
  readonly text: () => Promise<string>
}

/** Who signs verdicts, below a base. */
export const ATTESTATION_PATH = '/attestation'

const JSON_TYPE = 'application/json; charset=utf-8'
const PEM_TYPE = 'application/x-pem-file'

/**
 * What an offline check of tokens and records needs, at addresses that stay: the signer's discovery document and
 * keys, every key that ever signed a record, and the authorities of the vTPMs' certificates.
 * @param base the first address of the service: tokens name one issuer, whichever way somebody came.
 * @param anchors in DER.
 */
export function attestationDocuments(
  signer: AttestationSigner,
  base: () => string,
  anchors: () => Promise<readonly Uint8Array[]>,
): Readonly<Record<string, OpenDocument>> {
  const json = (text: () => Promise<Uint8Array>) => ({
    type: JSON_TYPE,
    text: async () => toLatin1(await text()),
  })
  const pem = (label: string, ders: () => Promise<readonly Uint8Array[]>) => ({
    type: PEM_TYPE,
    text: async () => (await ders()).map((der) => pemOf(label, der)).join(''),
  })
  return {
    [`${ATTESTATION_PATH}/.well-known/openid-configuration`]: json(async () =>
      discoveryDocumentOf(base() + ATTESTATION_PATH),
    ),
    [`${ATTESTATION_PATH}/.well-known/jwks.json`]: json(() => signer.jwks()),
    [`${ATTESTATION_PATH}/signers.pem`]: pem('PUBLIC KEY', async () =>
      (await signer.ever()).map(({ spki }) => spki),
    ),
    [`${ATTESTATION_PATH}/anchors.pem`]: pem('CERTIFICATE', anchors),
  }
}

/** RFC 7468 */
function pemOf(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
