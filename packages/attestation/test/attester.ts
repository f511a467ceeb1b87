import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Evidence, Quote, Rollback } from '@trusted-launch/channel'
import { encode, fromHex, toUtf8 } from '@trusted-launch/codec'
import {
  basicConstraints,
  Certificate,
  type CertificateFields,
  contextTag,
  DER,
  der,
  digest,
  EXTENSION,
  type Extension,
  extendedKeyUsage,
  extension,
  type HashName,
  issueCertificate,
  KEY_USAGE,
  keyUsage,
  PublicKey,
  SigningKey,
} from '@trusted-launch/crypto'
import {
  AK_RSA2048,
  encodePcrSelection,
  nameOfNv,
  nameOfPublic,
  ROLLBACK_NV,
  TPM_ALG,
  TPM_NT,
  TPM_ST,
  TPMA_NV,
  TPMS_ATTEST,
  TPMS_NV_PUBLIC,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { QUOTED_PCRS } from '../src/expectation.ts'
import { TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'

const ALG = {
  sha1: TPM_ALG.SHA1,
  sha256: TPM_ALG.SHA256,
  sha384: TPM_ALG.SHA384,
  sha512: TPM_ALG.SHA512,
}
export const time = Date.UTC(2026, 10, 24)
const dayMs = 86_400_000
export const nonce = digest('sha256', toUtf8('nonce'))

function keyPair(): { key: SigningKey; object: KeyObject } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return { key: SigningKey.fromPkcs8(Uint8Array.from(pkcs8)), object: privateKey }
}

const authority = keyPair()
const cn = (value: string) => [{ oid: '2.5.4.3', value }]

/** The authority that issues the AK certificates of these tests; valid around `time`, or as long as is said. */
export function anchorOf(dates: Dates = {}): Certificate {
  return issue({
    subject: cn('Test AK CA'),
    publicKey: authority.key.publicKey,
    extensions: [basicConstraints({ ca: true, pathLength: 0 }), keyUsage(KEY_USAGE.keyCertSign)],
    ...dates,
  })
}

type Dates = Partial<Pick<CertificateFields, 'notBefore' | 'notAfter'>>

export const anchor = anchorOf()

export function issue(
  fields: Pick<CertificateFields, 'subject' | 'publicKey' | 'extensions'> &
    Partial<CertificateFields>,
) {
  const whole: CertificateFields = {
    serial: Uint8Array.of(1),
    issuer: cn('Test AK CA'),
    notBefore: time - dayMs,
    notAfter: time + dayMs,
    ...fields,
  }
  const der = issueCertificate(whole, authority.key, { scheme: 'ecdsa', hash: 'sha256' })
  return Certificate.decode(der)
}

const rsa = keyPairIn(process.env.TL_TEST_ATTESTER_KEY)

/** A new pair; of processes that are one host after the other, the first one's, which lies in a file. */
function keyPairIn(file: string | undefined) {
  const pem = { type: 'pkcs8', format: 'pem' } as const
  const known = file !== undefined && existsSync(file) ? readFileSync(file) : null
  const privateKey =
    known === null
      ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
      : createPrivateKey(known)
  if (file !== undefined && known === null)
    writeFileSync(file, privateKey.export(pem), { mode: 0o600 })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}
const modulus = Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url')

/** The public area of a key like ours, with these changes. */
export function akPublic(changes: Partial<TPMT_PUBLIC> = {}): TPMT_PUBLIC {
  return { ...AK_RSA2048, unique: Uint8Array.from(modulus), ...changes } as TPMT_PUBLIC
}

/** The certificate of our AK. */
export function akCertificateOf(dates: Dates = {}): Certificate {
  return issue({
    subject: cn('vm-1'),
    publicKey: PublicKey.fromRsa(Uint8Array.from(modulus), 65537),
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage(KEY_USAGE.digitalSignature),
      extendedKeyUsage('2.23.133.8.3'),
      uri('urn:trusted-launch:vm:vm-1:generation:1'),
    ],
    ...dates,
  })
}

export const akCertificate = akCertificateOf()

/** The alternative name that an AK certificate of our own authority has. */
function uri(text: string): Extension {
  const value = der(DER.SEQUENCE, der(contextTag(6, false), toUtf8(text)))
  return extension(EXTENSION.subjectAltName, false, value)
}

/** Signs as our AK does: RSASSA, SHA-256 unless another is given. */
export function signAsAk(message: Uint8Array, hash: HashName = 'sha256'): Uint8Array {
  const sig = Uint8Array.from(sign(hash, message, rsa.privateKey))
  return encode(TPMT_SIGNATURE, {
    sigAlg: TPM_ALG.RSASSA,
    signature: { hash: ALG[hash], sig },
  })
}

type Changes = {
  extraData?: Uint8Array
  resetCount?: number
  restartCount?: number
  safe?: boolean
  /** In place of our AK. */
  sign?: (attest: Uint8Array) => Uint8Array
}

function header({ extraData = nonce, resetCount = 3, restartCount = 0, safe = true }: Changes) {
  return {
    magic: 0xff54_4347,
    qualifiedSigner: new Uint8Array(34),
    extraData,
    clockInfo: { clock: 1000n, resetCount, restartCount, safe },
    firmwareVersion: 1n,
  } as const
}

export type Values = ReadonlyMap<number, Uint8Array>

/** A quote of these values, signed by our AK. */
export function quoteOf(bank: HashName, values: Values, changes: Changes = {}): Quote {
  const indexes = [...values.keys()].sort((a, b) => a - b)
  const pcrs = indexes.map((index) => ({ index, digest: values.get(index)! }))
  const attest = encode(TPMS_ATTEST, {
    ...header(changes),
    type: TPM_ST.ATTEST_QUOTE,
    attested: {
      pcrSelect: [encodePcrSelection(ALG[bank], indexes)],
      pcrDigest: digest('sha256', ...pcrs.map((pcr) => pcr.digest)),
    },
  } as TPMS_ATTEST)
  const { sign = signAsAk } = changes
  return { bank, attest, signature: sign(attest), pcrs }
}

/** The name our extend-only index has, and its public area. */
export const nvPublic: TPMS_NV_PUBLIC = {
  nvIndex: ROLLBACK_NV,
  nameAlg: TPM_ALG.SHA256,
  attributes:
    TPM_NT.EXTEND | TPMA_NV.PLATFORMCREATE | TPMA_NV.WRITTEN | TPMA_NV.AUTHREAD | TPMA_NV.AUTHWRITE,
  authPolicy: new Uint8Array(),
  dataSize: 32,
}

/** The index, extended by these, certified over the last. */
export function rollbackOf(extended: readonly Uint8Array[], changes: Changes = {}): Rollback {
  const nvContents = extended.reduce((held, by) => digest('sha256', held, by), new Uint8Array(32))
  const attest = encode(TPMS_ATTEST, {
    ...header({ extraData: extended.at(-1)!, ...changes }),
    type: TPM_ST.ATTEST_NV,
    attested: { indexName: nameOfNv(nvPublic), offset: 0, nvContents },
  } as TPMS_ATTEST)
  const { sign = signAsAk } = changes
  return { nvPublic: encode(TPMS_NV_PUBLIC, nvPublic), attest, signature: sign(attest) }
}

/** Everything at its start but what is given. */
export function valuesOf(bank: HashName, given: Values): Values {
  const size = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }[bank]
  return new Map(QUOTED_PCRS.map((pcr) => [pcr, given.get(pcr) ?? new Uint8Array(size)]))
}

/** The input of an appraisal of these quotes and this log, all else genuine. */
export function inputOf(
  quotes: readonly Quote[],
  eventLog: Uint8Array | null,
  evidence: Partial<Evidence> = {},
): AppraisalInput {
  const area = akPublic()
  return {
    evidence: {
      quotes: [...quotes],
      akPublic: encode(TPMT_PUBLIC, area),
      akCertificate: akCertificate.der,
      rollback: null,
      info: {
        agentVersion: '1',
        kernelRelease: '6.1',
        bootId: 'b',
        lockdown: '',
        sleepStates: '',
        uptimeMs: 1,
        residentKiB: 1,
      },
      eventLog,
      imaLog: null,
      userspaceLog: null,
      ...evidence,
    },
    expectation: {
      vm: 'vm-1',
      nonce,
      akName: nameOfPublic(area),
      generation: 1,
      retiredAkNames: [],
      banks: quotes.map(({ bank }) => bank) as HashName[],
      pcrs: QUOTED_PCRS,
      anchors: [anchor],
      machine: null,
      profile: 'strict',
      rollback: null,
    },
    references: null,
    policy: TRUSTED_LAUNCH_POLICY,
    time,
  }
}

/** Hexadecimal values by PCR, as the corpus has them. */
export function hexValues(given: Record<string, string>): Values {
  return new Map(QUOTED_PCRS.map((pcr) => [pcr, fromHex(given[pcr]!)]))
}
