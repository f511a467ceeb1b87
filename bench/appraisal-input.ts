import { generateKeyPairSync } from 'node:crypto'
import {
  type AppraisalInput,
  QUOTED_PCRS,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { decode } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  extendedKeyUsage,
  issueCertificate,
  PublicKey,
  SigningKey,
} from '@trusted-launch/crypto'
import { nameOfPublic, TPM_ALG, TPMT_PUBLIC } from '@trusted-launch/tpm2'

const akCertificateUsage = '2.23.133.8.3'

/** Evidence as input of a verdict, its AK certified by an authority made for it. No references. */
export function appraisalInput(evidence: Evidence, nonce: Uint8Array): AppraisalInput {
  const area = decode(TPMT_PUBLIC, evidence.akPublic)
  if (area.type !== TPM_ALG.RSA) throw new Error('the AK is no RSA key')
  const time = Date.now()
  const certificates = certify(PublicKey.fromRsa(area.unique, 65537), time)
  return {
    evidence: { ...evidence, akCertificate: certificates.ak },
    expectation: {
      vm: 'bench',
      nonce,
      akName: nameOfPublic(area),
      generation: 1,
      retiredAkNames: [],
      banks: ['sha256'],
      pcrs: QUOTED_PCRS,
      anchors: [Certificate.decode(certificates.root)],
      machine: null,
      rollback: null,
    },
    references: null,
    policy: TRUSTED_LAUNCH_POLICY,
    time,
  }
}

function certify(ak: PublicKey, time: number): { root: Uint8Array; ak: Uint8Array } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = SigningKey.fromPkcs8(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const issuer = [{ oid: '2.5.4.3', value: 'benchmark' }]
  const second = Math.floor(time / 1000) * 1000
  const fields = { issuer, notBefore: second - 60_000, notAfter: second + 86_400_000 }
  const issue = (serial: number, subject: string, publicKey: PublicKey, ca: boolean) =>
    issueCertificate(
      {
        ...fields,
        serial: Uint8Array.of(serial),
        subject: [{ oid: '2.5.4.3', value: subject }],
        publicKey,
        extensions: ca
          ? [basicConstraints({ ca: true })]
          : [basicConstraints({ ca: false }), extendedKeyUsage(akCertificateUsage)],
      },
      key,
      { scheme: 'ecdsa', hash: 'sha256' },
    )
  return { root: issue(1, 'benchmark', key.publicKey, true), ak: issue(2, 'bench', ak, false) }
}
