import {
  jwksOf,
  parseTokenKeys,
  publishedKeys,
  rotateTokenKeys,
  type TokenKeys,
} from '@trusted-launch/attestation'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import {
  type Jwk,
  jwkOf,
  keyOfJwk,
  type PublicKey,
  SigningKey,
  thumbprintOf,
} from '@trusted-launch/crypto'
import type { Store, Values } from '../domain/store.ts'
import { newSigner } from './new-signer.ts'
import type { SealedValues } from './sealed-values.ts'

/** How long a key signs until the next one does. */
const PERIOD_MS = 90 * 86_400_000
/** What the private key of before there was more than one is called. */
const FIRST = 'signer/attestation'
const STATE = 'attestation-signers'

/** What is kept of the keys: public halves alone. */
interface State {
  readonly rotatedAt: number
  readonly keys: TokenKeys
  /** Every key that ever signed a record: a record is verified years later. */
  readonly ever: readonly Jwk[]
}

/** The key that signs tokens and records now. */
export interface CurrentSigner {
  /** PKCS #8 */
  readonly pkcs8: Uint8Array
  readonly publicKey: PublicKey
}

/**
 * The keys that sign verdicts: one signs, the next is published before it does, and a former one is published until
 * its last token ran out, and as a signer of records for good. Several services of one database have the same.
 */
export class AttestationSigner {
  readonly #store: Pick<Store, 'values' | 'transaction'>
  readonly #sealed: SealedValues
  readonly #now: () => number

  constructor(
    store: Pick<Store, 'values' | 'transaction'>,
    sealed: SealedValues,
    now: () => number,
  ) {
    this.#store = store
    this.#sealed = sealed
    this.#now = now
  }

  /** The key that signs now: another one when this one has signed for ninety days. */
  async current(): Promise<CurrentSigner> {
    for (;;) {
      const { keys } = await this.#state()
      const publicKey = keyOfJwk(keys.current)
      const pkcs8 = await this.#sealed.get(nameOf(publicKey))
      // None: it was rotated away meanwhile.
      if (pkcs8 !== null) return { pkcs8, publicKey }
      const now = keyOfJwk((await this.#state()).keys.current)
      if (now.equals(publicKey)) throw new Error('the key that signs attestations is not there')
    }
  }

  /** The next key signs from now on: part of a transaction. @throws {RangeError} sixteen former ones may still have tokens. */
  async rotate(values: Values): Promise<void> {
    await this.#rotated(values)
  }

  /** The JWKS document: RFC 7517. */
  async jwks(): Promise<Uint8Array> {
    const { keys } = await this.#state()
    return jwksOf(publishedKeys(keys, this.#now()))
  }

  /** Every key that ever signed a record, the newest first. */
  async ever(): Promise<PublicKey[]> {
    return (await this.#state()).ever.map((jwk) => keyOfJwk(jwk))
  }

  async #state(): Promise<State> {
    const state = await stateIn(this.#store.values)
    if (state !== null && this.#now() - state.rotatedAt < PERIOD_MS) return state
    return this.#store.transaction(async ({ values }) => {
      const found = await stateIn(values)
      if (found === null) return this.#first(values)
      return this.#now() - found.rotatedAt < PERIOD_MS ? found : this.#rotated(values)
    })
  }

  async #first(values: Values): Promise<State> {
    const pkcs8 = (await this.#sealed.on(values).get(FIRST)) ?? (await newSigner())
    const current = await this.#keep(values, pkcs8)
    const next = await this.#keep(values, await newSigner())
    return this.#put(values, {
      rotatedAt: this.#now(),
      keys: { version: 1, current: jwkOf(current), next: jwkOf(next), retired: [] },
      ever: [jwkOf(current)],
    })
  }

  async #rotated(values: Values): Promise<State> {
    const state = (await stateIn(values)) ?? (await this.#first(values))
    const fresh = await this.#keep(values, await newSigner())
    const keys = rotateTokenKeys(state.keys, fresh, this.#now())
    await this.#sealed.on(values).delete(nameOf(keyOfJwk(state.keys.current)))
    return this.#put(values, { rotatedAt: this.#now(), keys, ever: [keys.current, ...state.ever] })
  }

  async #keep(values: Values, pkcs8: Uint8Array): Promise<PublicKey> {
    const { publicKey } = SigningKey.fromPkcs8(pkcs8)
    await this.#sealed.on(values).put(nameOf(publicKey), pkcs8)
    return publicKey
  }

  async #put(values: Values, state: State): Promise<State> {
    await values.put(STATE, toUtf8(JSON.stringify(state)))
    return state
  }
}

async function stateIn(values: Values): Promise<State | null> {
  const kept = await values.get(STATE)
  if (kept === null) return null
  const { keys, ...rest } = JSON.parse(fromUtf8(kept))
  return { ...rest, keys: parseTokenKeys(toUtf8(JSON.stringify(keys))) }
}

function nameOf(key: PublicKey): string {
  return `${FIRST}/${thumbprintOf(key)}`
}
