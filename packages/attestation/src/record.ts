import {
  concat,
  equalBytes,
  fromLatin1,
  fromUtf8,
  MalformedError,
  toLatin1,
} from '@trusted-launch/codec'
import {
  type Certificate,
  CryptoError,
  fromBase64url,
  type PublicKey,
} from '@trusted-launch/crypto'
import type { AppraisalInput } from './appraisal-input.ts'
import { type Appraised, appraiseEvidence } from './appraise.ts'
import { encodeCanonical, formatCanonical, type Json } from './canonical-json.ts'
import type { RecordFault, RecordFaultCode } from './errors.ts'
import { parseJson } from './json-shape.ts'
import { inputOf, issuerOf, recordJson, recordShape } from './record-shape.ts'
import {
  isSignedBy,
  type SignToken,
  sha256Hex,
  signedText,
  TOKEN_CHARS_MAX,
  type TokenIssuer,
  tokenOf,
} from './token/token.ts'

/** At most this many bytes: evidence in base64url, references, result. */
export const recordBytesMax = 24 * 1024 * 1024
/**
 * Whom a stored record's token is for: who checks records. It tells the verdict on the evidence alone, as it was then;
 * a relying party, whose name this never is, asks for a token of its own. RFC 7519, 4.1.3.
 */
export const RECORD_AUDIENCE = 'urn:trusted-launch:record'
const prefix = fromLatin1('{"record":')
const between = fromLatin1(',"token":"')
const end = fromLatin1('"}')

/** A record that holds: its verdict, made again here, and whether its anchor is one of ours. */
export interface VerifiedRecord {
  readonly appraised: Appraised
  readonly input: AppraisalInput
  readonly token: string
  /** False: the AK's certificate leads to an anchor that was not given. Null: it leads to none. */
  readonly anchorKnown: boolean | null
}

/**
 * An appraisal record as a file: everything the verdict came from, the verdict, and a token whose
 * `recordSha256` covers all of it. Canonical JSON (RFC 8785): `{"record":…,"token":"…"}`.
 *
 * @throws {RangeError} an expectation with a `givenKey` or `activatedKey`: that somebody gave the key, or that
 *   a TPM answered a secret, follows from nothing that a record could hold, so no reader could check it.
 */
export function encodeRecord(
  input: AppraisalInput,
  { result }: Pick<Appraised, 'result'>,
  issuer: TokenIssuer,
  sign: SignToken,
): Uint8Array {
  const record = encodeCanonical(recordJson(input, issuer, result as unknown as Json))
  const token = tokenOf(result, sha256Hex(record), input.time, issuer, sign)
  return concat(prefix, record, between, fromLatin1(token), end)
}

/**
 * Verifies a stored record and makes its verdict again. This verifies that: the token is signed by
 * `key` and its hash covers every byte of the record; the record is canonical JSON of this version;
 * and appraising its evidence again gives the stored result, byte for byte.
 *
 * With `key` null the signer is not asked to be known (`--inner`): the file must still agree with
 * itself to the last byte. Such a record proves what follows from its contents, not who judged it.
 *
 * @param anchors believed by the caller. Those in the record are used to make the verdict again and
 *   are never believed: see `anchorKnown`.
 */
export function verifyRecord(
  bytes: Uint8Array,
  trust: { readonly key: PublicKey | null; readonly anchors: readonly Certificate[] },
): VerifiedRecord | RecordFault {
  const parts = split(bytes)
  if ('fault' in parts) return parts
  const { record, token } = parts
  if (trust.key !== null && !isSignedBy(token, trust.key))
    return fault('token-signature', 'the token is not signed by the trusted key')
  if (hashIn(token) !== sha256Hex(record))
    return fault('token-covers-another-record', 'the token covers another record than this one')
  try {
    return reproduce(record, token, trust)
  } catch (e) {
    if (!(e instanceof MalformedError || e instanceof CryptoError)) throw e
    return fault('record-malformed', e.message)
  }
}

function split(bytes: Uint8Array): { record: Uint8Array; token: string } | RecordFault {
  if (bytes.length > recordBytesMax)
    return fault('record-too-big', `${bytes.length} bytes, more than ${recordBytesMax}`)
  if (!equalBytes(bytes.subarray(0, prefix.length), prefix))
    return fault('record-malformed', 'not an appraisal record')
  const tailStart = Math.max(prefix.length, bytes.length - TOKEN_CHARS_MAX)
  const tail = toLatin1(bytes.subarray(tailStart))
  const at = tail.lastIndexOf(toLatin1(between))
  const token = /^([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"\}$/.exec(
    at < 0 ? '' : tail.slice(at + between.length),
  )?.[1]
  if (token === undefined) return fault('token-malformed', 'no token at the end of the record')
  return { record: bytes.subarray(prefix.length, tailStart + at), token }
}

function reproduce(
  record: Uint8Array,
  token: string,
  trust: { readonly key: PublicKey | null; readonly anchors: readonly Certificate[] },
): VerifiedRecord | RecordFault {
  const parsed = parseJson(record, recordShape, { max: recordBytesMax })
  const issuer = issuerOf(parsed)
  if (!isSignedBy(token, issuer.key))
    return fault('token-signature', 'the token is not signed by the key it names')
  if (trust.key !== null && !trust.key.equals(issuer.key))
    return fault('signer-unknown', 'the record names another signer')
  const input = inputOf(parsed)
  const appraised = appraiseEvidence(input)
  const again = encodeCanonical(recordJson(input, issuer, appraised.result as unknown as Json))
  // check 46
  if (!equalBytes(again, record))
    return fault('not-reproduced', differenceOf(parsed.result, appraised))
  const signed = signedText(appraised.result, sha256Hex(record), input.time, issuer)
  if (!token.startsWith(`${signed}.`))
    return fault('token-covers-another-record', 'the token says something else than the record')
  const { anchor } = appraised
  const known = trust.anchors.some((one) => sha256Hex(one.der) === anchor)
  return { appraised, input, token, anchorKnown: anchor === null ? null : known }
}

function differenceOf(stored: unknown, { result }: Appraised): string {
  const tier = (stored as { tier?: unknown } | null)?.tier
  const told = typeof tier === 'string' ? tier.slice(0, 32) : 'nothing'
  if (tier !== result.tier) return `the record says ${told}, its evidence gives ${result.tier}`
  return 'the record is not what appraising its evidence gives, or not canonical JSON'
}

function hashIn(token: string): unknown {
  try {
    const claims = token.split('.')[1] ?? ''
    const bytes = fromUtf8(fromBase64url(claims))
    return (JSON.parse(bytes) as { recordSha256?: unknown }).recordSha256
  } catch {
    return null
  }
}

function fault(code: RecordFaultCode, reason: string): RecordFault {
  return { fault: code, reason }
}

/** The result alone, as the canonical text that is shown and compared. */
export function formatResult({ result }: Pick<Appraised, 'result'>): string {
  return formatCanonical(result as unknown as Json)
}
