import { createHash } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JWK,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import type { Caller } from '../domain/caller.ts'
import type { Principals } from '../domain/store.ts'
import { discoverKeys, FAILURE_KEPT_MS } from './issuer-keys.ts'

/** An issuer elsewhere whose tokens are taken. */
export interface TrustedIssuer {
  /** What its tokens name (`iss`), letter for letter; `https:`. */
  readonly issuer: string
  /** Of these a token must name one; none of them may be another service's. */
  readonly audiences: readonly string[]
  /** The claim that tells what somebody is called. */
  readonly nameClaim?: string
  /** As what the portal is known there: its people may sign in with a browser then. */
  readonly portal?: {
    readonly clientId: string
    /** What the button says; the issuer's name otherwise. */
    readonly label?: string
    /** A file of the operator's, 0600, with the client's secret; none: a public client. */
    readonly clientSecretFile?: string
  }
}

export interface TokenVerifierOptions {
  readonly tenantId: string
  /** The built-in issuer. */
  readonly issuer: {
    issuers(): readonly string[]
    audiences(): readonly string[]
    keys(): Promise<readonly JWK[]>
  }
  readonly trusted: readonly TrustedIssuer[]
  readonly principals: Principals
  /** ms since 1970 */
  readonly now: () => number
}

/** Clocks differ by this much, in seconds. */
const SKEW_SECONDS = 60
const TOKEN_MAX = 16_384
const FOREIGN_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'PS256', 'PS384', 'EdDSA']

/** Makes callers of bearer tokens: of the built-in issuer's, and of those that an operator named. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions
  /** By issuer; of a fetch that failed, until when that is the answer. */
  readonly #keySets = new Map<string, { readonly keys: Promise<JWTVerifyGetKey>; until: number }>()
  #own: { readonly keys: readonly JWK[]; readonly set: JWTVerifyGetKey } | null = null

  /** @throws {TypeError} a trusted issuer that isn't `https:`. */
  constructor(options: TokenVerifierOptions) {
    for (const { issuer } of options.trusted)
      if (new URL(issuer).protocol !== 'https:') throw new TypeError(`${issuer} is not https:`)
    this.#options = options
  }

  /**
   * Who asks, by an `Authorization` header.
   * @throws {ArmError} 401: no token, or one that isn't good; which check failed is not told. 503: the keys of a
   * trusted issuer can't be had.
   */
  async authenticate(header: string | undefined): Promise<Caller> {
    const token = /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header?.slice(0, TOKEN_MAX) ?? '')?.[1]
    if (token === undefined) throw new ArmError(faults.authenticationFailed())
    try {
      return await this.#callerOf(token)
    } catch (cause) {
      const isUnreachable =
        !(cause instanceof errors.JOSEError) || cause instanceof errors.JWKSTimeout
      if (isUnreachable)
        throw cause instanceof ArmError ? cause : new ArmError(UNREACHABLE, { cause })
      throw new ArmError(faults.authenticationFailed(), { cause })
    }
  }

  async #callerOf(token: string): Promise<Caller> {
    const { iss } = decodeJwt(token)
    const foreign = this.#options.trusted.find(({ issuer }) => issuer === iss)
    return foreign === undefined ? this.#ownCaller(token) : this.#foreignCaller(token, foreign)
  }

  /** Of ours: somebody who is still in the database. */
  async #ownCaller(token: string): Promise<Caller> {
    const { issuer, tenantId, principals, now } = this.#options
    const { payload } = await jwtVerify(token, this.#ownKeySet(await issuer.keys()), {
      issuer: [...issuer.issuers()],
      audience: [...issuer.audiences()],
      algorithms: ['ES256'],
      typ: 'at+jwt',
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now()),
      requiredClaims: ['exp', 'oid'],
    })
    const principal = await principals.get(String(payload.oid))
    if (principal === null || principal.disabled) throw new errors.JWTInvalid('nobody')
    const { id, signInName, kind } = principal
    return { objectId: id, name: signInName, kind, tenantId }
  }

  /** Made once for each set of keys: it keeps what it imported. */
  #ownKeySet(keys: readonly JWK[]): JWTVerifyGetKey {
    if (this.#own?.keys !== keys)
      this.#own = { keys, set: createLocalJWKSet({ keys: keys.map(publicPart) }) }
    return this.#own.set
  }

  /** Of another's: an object id is made of issuer and subject, so that no issuer can speak for another's people. */
  async #foreignCaller(token: string, foreign: TrustedIssuer): Promise<Caller> {
    const { payload } = await jwtVerify(token, await this.#keysOf(foreign.issuer), {
      issuer: foreign.issuer,
      audience: [...foreign.audiences],
      algorithms: FOREIGN_ALGORITHMS,
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(this.#options.now()),
      requiredClaims: ['exp', 'sub'],
    })
    return foreignCaller(payload, foreign, this.#options.tenantId)
  }

  /**
   * Found by the issuer's own document, once; the keys themselves are fetched again as they change. All wait for one
   * fetch, and one that failed answers for a while: a token that names an issuer costs nothing to make.
   */
  #keysOf(issuer: string): Promise<JWTVerifyGetKey> {
    const now = this.#options.now()
    const known = this.#keySets.get(issuer)
    if (known !== undefined && now < known.until) return known.keys
    const keys = discoverKeys(issuer, this.#options.now)
    const found = { keys, until: Number.POSITIVE_INFINITY }
    this.#keySets.set(issuer, found)
    keys.catch(() => {
      found.until = this.#options.now() + FAILURE_KEPT_MS
    })
    return keys
  }
}

const UNREACHABLE = {
  status: 503,
  code: 'ServiceUnavailable',
  message: 'The keys of the issuer of this token cannot be had now. Try again.',
}

function publicPart({ d: _, ...jwk }: JWK): JWK {
  return jwk
}

/** Somebody of another issuer, by what was verified of a token. */
export function foreignCaller(
  payload: Readonly<Record<string, unknown>>,
  foreign: TrustedIssuer,
  tenantId: string,
): Caller {
  const objectId = objectIdOf(foreign.issuer, String(payload.sub))
  const name = nameOf(payload, foreign) ?? objectId
  const kind = payload.idtyp === 'app' ? 'service' : 'user'
  return { objectId, name, kind, tenantId, isForeign: true }
}

/**
 * The object id of a person or program of a trusted issuer: a GUID (version 8) of SHA-256 over issuer and subject.
 * @see RFC 9562, 5.8
 */
export function objectIdOf(issuer: string, subject: string): string {
  const bytes = createHash('sha256').update(`${issuer}\0${subject}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function nameOf(
  payload: Readonly<Record<string, unknown>>,
  { nameClaim = 'preferred_username' }: TrustedIssuer,
): string | null {
  const name = payload[nameClaim]
  return typeof name === 'string' && name.length <= 256 ? name : null
}
