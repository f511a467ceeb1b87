import {
  decodeEvidence,
  EVIDENCE_BYTES_MAX,
  encodeEvidence,
  NONCE_BYTES,
} from '@trusted-launch/channel'
import { MalformedError, within } from '@trusted-launch/codec'
import { Certificate, PublicKey, toBase64url } from '@trusted-launch/crypto'
import type { AppraisalInput } from './appraisal-input.ts'
import { formatted, formattedAs, type Json } from './canonical-json.ts'
import type { RollbackState } from './expectation.ts'
import { expectationJson } from './expectation-json.ts'
import { once } from './frozen.ts'
import {
  array,
  base64url,
  different,
  hex,
  hexBytes,
  integer,
  nullable,
  object,
  oneOf,
  type Shape,
  string,
} from './json-shape.ts'
import { checkPolicy } from './policy.ts'
import { PROFILES } from './profile.ts'
import { checkReferenceValues } from './reference-values.ts'
import { TOKEN_LIFETIME_SECONDS_MAX, type TokenIssuer } from './token/token.ts'

const name = hexBytes({ min: 20, max: 66 })
const counter = integer({ min: 0, max: 2 ** 32 - 1 })
const positive = integer({ min: 1, max: 2 ** 31 })
const timeMax = 253_402_300_799_999
const certificateBytesMax = 64 * 1024

/** What is remembered of the extend-only index. */
export const rollbackStateShape: Shape<RollbackState> = object({
  indexName: nullable(hex({ min: 20, max: 66 })),
  value: nullable(hex({ min: 20, max: 64 })),
  unanswered: array(hex({ min: 8, max: 64 }), { max: 1024 }),
  resetCount: nullable(counter),
})

const bindingShape = object({
  jwk: nullable(string({ max: 4096 })),
  serviceNonce: hexBytes({ min: NONCE_BYTES, max: NONCE_BYTES }),
  nonce: nullable(string({ max: 88 })),
})

const certificates = array(base64url({ max: certificateBytesMax }), { max: 64 })

const expectationFields = {
  vm: string({ max: 256 }),
  nonce: hexBytes({ min: NONCE_BYTES, max: NONCE_BYTES }),
  akName: name,
  generation: counter,
  retiredAkNames: array(name, { max: 1024 }),
  banks: different(array(oneOf('sha1', 'sha256', 'sha384', 'sha512'), { max: 4 })),
  pcrs: different(array(integer({ min: 0, max: 23 }), { max: 24 })),
  anchors: certificates,
  machine: nullable(
    object({
      firmwareSha256: hex({ min: 32, max: 32 }),
      memoryMiB: positive,
      vcpus: positive,
      accelerator: oneOf('kvm', 'tcg'),
    }),
  ),
  profile: oneOf(...PROFILES),
  rollback: nullable(
    object({
      nonce: hexBytes({ min: NONCE_BYTES, max: NONCE_BYTES }),
      state: rollbackStateShape,
    }),
  ),
}
const expectationShape = object(expectationFields, {
  binding: bindingShape,
  intermediates: certificates,
  sha1Signatures: ((value) => {
    if (value !== true) throw new MalformedError('', 0, 'not true')
    return value
  }) as Shape<true>,
})

/** An appraisal record: everything a verdict came from. The verdict itself is `result`. */
export const recordShape = object({
  version: oneOf(1),
  type: oneOf('trusted-launch.appraisal-record'),
  evidence: base64url({ max: EVIDENCE_BYTES_MAX }),
  expectation: expectationShape,
  references: nullable((value: unknown) => checkReferenceValues(value)),
  policy: (value: unknown) => checkPolicy(value),
  timeMs: integer({ min: 0, max: timeMax }),
  issuer: object({
    issuer: string({ max: 512 }),
    audience: nullable(string({ max: 512 })),
    lifetimeSeconds: integer({ min: 1, max: TOKEN_LIFETIME_SECONDS_MAX }),
    key: base64url({ max: 1024 }),
  }),
  result: ((value) => value) as Shape<unknown>,
})

/** The inputs a record holds. @throws {MalformedError} evidence or anchors that do not decode. */
export function inputOf(record: ReturnType<typeof recordShape>): AppraisalInput {
  const { expectation, references, policy, timeMs } = record
  const decoded = (ders: readonly Uint8Array[] = []) => ders.map((der) => Certificate.decode(der))
  const anchors = within('anchors', () => decoded(expectation.anchors))
  const intermediates = within('intermediates', () => decoded(expectation.intermediates))
  const evidence = within('evidence', () => decodeEvidence(record.evidence))
  return {
    evidence,
    expectation: { ...expectation, anchors, intermediates },
    references,
    policy,
    time: timeMs,
  }
}

/** Who issued a record's token. @throws {MalformedError} @throws {CryptoError} no public key. */
export function issuerOf(record: ReturnType<typeof recordShape>): TokenIssuer {
  return { ...record.issuer, key: PublicKey.fromSpki(record.issuer.key) }
}

/** Documents that many records hold. */
const written = once((document: object) => formatted(document as Json))

/**
 * A record as JSON, its result beside what it came from.
 * @throws {RangeError} a key believed for what no record holds: somebody's word, or an answer that was secret.
 */
export function recordJson(input: AppraisalInput, issuer: TokenIssuer, result: Json): Json {
  const { givenKey, activatedKey } = input.expectation
  if (givenKey !== undefined || activatedKey !== undefined)
    throw new RangeError(
      'a record holds what its verdict follows from, and no key given or activated',
    )
  return {
    version: 1,
    type: 'trusted-launch.appraisal-record',
    evidence: formattedAs(`"${toBase64url(encodeEvidence(input.evidence))}"`),
    expectation: expectationJson(input.expectation),
    references: input.references === null ? null : written(input.references),
    policy: written(input.policy),
    timeMs: input.time,
    issuer: {
      issuer: issuer.issuer,
      audience: issuer.audience,
      lifetimeSeconds: issuer.lifetimeSeconds,
      key: toBase64url(issuer.key.spki),
    },
    result,
  }
}
