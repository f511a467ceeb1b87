import { createHash } from 'node:crypto'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Principals, Values } from '../../domain/store.ts'
import type { SealedValues } from '../sealed-values.ts'
import { secretMark } from '../secret.ts'
import type { Clients } from './clients.ts'

const DAY_MS = 86_400_000
/** Nothing of the issuer's lives longer. */
const LIFE_MS_MAX = 7 * DAY_MS
const FORGET_EVERY_MS = 600_000

export interface Keeping {
  readonly values: Values
  readonly principals: Principals
  readonly sealed: SealedValues
  readonly clients: Clients
  readonly now: () => number
}

/**
 * What the issuer keeps between requests (sessions, codes, refresh tokens), sealed and under hashed names:
 * the database by itself lets nobody in.
 */
export class IssuerAdapter implements Adapter {
  readonly #model: string
  readonly #keeping: Keeping

  constructor(model: string, keeping: Keeping) {
    this.#model = model
    this.#keeping = keeping
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { sealed, now } = this.#keeping
    const lifeMs = expiresIn === undefined ? LIFE_MS_MAX : expiresIn * 1_000
    const expiresAt = now() + Math.min(lifeMs, LIFE_MS_MAX)
    await this.#forget()
    await sealed.put(
      this.#nameOf(id),
      toUtf8(JSON.stringify(await this.#signed(payload))),
      expiresAt,
    )
    if (payload.uid !== undefined)
      await sealed.put(this.#nameOf(payload.uid, 'uid'), toUtf8(id), expiresAt)
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.#model === 'Client') return this.#keeping.clients.find(id)
    const { values, sealed } = this.#keeping
    const bytes = await sealed.get(this.#nameOf(id))
    if (bytes === null) return undefined
    const payload = JSON.parse(fromUtf8(bytes)) as AdapterPayload
    // Whoever signs in while another is signed out on the way: the interaction knows the grant of the one before.
    const grantId = this.#model === 'Interaction' ? undefined : payload.grantId
    if (grantId !== undefined && (await values.get(revokedName(grantId))) !== null) return undefined
    if (payload.secret !== (await this.#secretOf(payload))) return undefined
    const isConsumed = (await values.get(this.#nameOf(id, 'used'))) !== null
    return isConsumed ? { ...payload, consumed: true } : payload
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = await this.#keeping.sealed.get(this.#nameOf(uid, 'uid'))
    return id === null ? undefined : this.find(fromUtf8(id))
  }

  /** There is no device flow. */
  async findByUserCode(): Promise<undefined> {}

  /** Once: of two who use one code at the same moment one is refused. */
  async consume(id: string): Promise<void> {
    const { values, now } = this.#keeping
    const name = this.#nameOf(id, 'used')
    if (!(await values.putNew(name, MARK))) throw new errors.InvalidGrant('already used')
    await values.put(name, MARK, now() + LIFE_MS_MAX)
  }

  async destroy(id: string): Promise<void> {
    for (const what of ['', 'used']) await this.#keeping.values.delete(this.#nameOf(id, what))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const { values, now } = this.#keeping
    await values.put(revokedName(grantId), MARK, now() + LIFE_MS_MAX)
  }

  /** With what its account signed in: another password ends what the former one began. */
  async #signed(payload: AdapterPayload): Promise<AdapterPayload> {
    const secret = await this.#secretOf(payload)
    return secret === undefined ? payload : { ...payload, secret }
  }

  /** Undefined: nobody's. */
  async #secretOf({ accountId }: AdapterPayload): Promise<string | undefined> {
    if (accountId === undefined) return undefined
    const principal = await this.#keeping.principals.get(accountId)
    return secretMark(principal?.secretHash ?? null)
  }

  #nameOf(id: string, what = ''): string {
    return `issuer.${this.#model}.${what}${hashed(id)}`
  }

  /** Now and then what is over goes. */
  async #forget(): Promise<void> {
    const now = this.#keeping.now()
    if (now - (forgotAt.get(this.#keeping) ?? 0) < FORGET_EVERY_MS) return
    forgotAt.set(this.#keeping, now)
    await this.#keeping.values.forget(now)
  }
}

const MARK = toUtf8('1')
const forgotAt = new WeakMap<Keeping, number>()

function revokedName(grantId: string): string {
  return `issuer.revoked.${hashed(grantId)}`
}

function hashed(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
