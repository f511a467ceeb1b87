import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AppraisalInput,
  appraiseEvidence,
  encodeRecord,
  QUOTED_PCRS,
  signTokensWith,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { decodeEvidence } from '@trusted-launch/channel'
import { decode } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  extendedKeyUsage,
  issueCertificate,
  PublicKey,
  SigningKey,
} from '@trusted-launch/crypto'
import { nameOfPublic, TPMT_PUBLIC } from '@trusted-launch/tpm2'

const file = join(import.meta.dirname, '../testdata/small-secure-boot/evidence')
const vm = 'vm-golden'
const time = Date.UTC(2026, 0, 1)
const year = 365 * 24 * 3600 * 1000
const ecdsa = { scheme: 'ecdsa', hash: 'sha256' } as const
const commonName = (value: string) => [{ oid: '2.5.4.3', value }]

/** A key of our own, drawn anew. */
export function newKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return SigningKey.fromPkcs8(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

/** A certificate authority, with its key. */
export interface Authority {
  readonly key: SigningKey
  readonly certificate: Certificate
}

/** A certificate authority of our own; `by` vouches for it, or it does itself. */
export function newAuthority(name: string, by?: Authority): Authority {
  const key = newKey()
  const subject = commonName(name)
  const fields = {
    serial: Uint8Array.of(1),
    issuer: by === undefined ? subject : commonName(nameOf(by)),
    subject,
    notBefore: time - year,
    notAfter: time + year,
  }
  const extensions = [basicConstraints({ ca: true })]
  const der = issueCertificate(
    { ...fields, publicKey: key.publicKey, extensions },
    by?.key ?? key,
    ecdsa,
  )
  return { key, certificate: Certificate.decode(der) }
}

const nameOf = ({ certificate }: Authority) => certificate.subject.replace(/^CN=/, '')

/** What was quoted in the recorded boot, its AK certified by `authority`, judged with no reference values. */
export function recordedInput(authority: Authority): AppraisalInput {
  const evidence = decodeEvidence(Uint8Array.from(readFileSync(file)))
  const area = decode(TPMT_PUBLIC, evidence.akPublic)
  const akCertificate = issueCertificate(
    {
      serial: Uint8Array.of(2),
      issuer: commonName(nameOf(authority)),
      subject: commonName(vm),
      notBefore: time - 1000,
      notAfter: time + year / 2,
      publicKey: akKeyOf(area),
      extensions: [basicConstraints({ ca: false }), extendedKeyUsage('2.23.133.8.3')],
    },
    authority.key,
    ecdsa,
  )
  return {
    evidence: { ...evidence, akCertificate },
    expectation: {
      vm,
      nonce: new Uint8Array(32).fill(7),
      akName: nameOfPublic(area),
      generation: 1,
      retiredAkNames: [],
      banks: ['sha256'],
      pcrs: QUOTED_PCRS,
      anchors: [authority.certificate],
      machine: null,
      profile: 'strict',
      rollback: null,
    },
    references: null,
    policy: TRUSTED_LAUNCH_POLICY,
    time,
  }
}

function akKeyOf(area: any): PublicKey {
  return PublicKey.fromRsa(area.unique, 65537)
}

/** A stored record of that, signed by `signer`. */
export function recordOf(input: AppraisalInput, signer: SigningKey): Uint8Array {
  const issuer = { issuer: 'test', audience: null, lifetimeSeconds: 3600, key: signer.publicKey }
  return encodeRecord(input, appraiseEvidence(input), issuer, signTokensWith(signer))
}

/** PEM of a public key or a certificate. */
export function pemOf(label: 'PUBLIC KEY' | 'CERTIFICATE', der: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`
}
