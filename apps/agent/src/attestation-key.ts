import { AgentError } from '@trusted-launch/channel'
import { encode, equalBytes } from '@trusted-launch/codec'
import {
  AK_HANDLE,
  AK_RSA2048,
  CreatePrimary,
  EvictControl,
  execute,
  FlushContext,
  ReadPublic,
  TPM_RH,
  TPMT_PUBLIC,
  TpmError,
  type Transport,
} from '@trusted-launch/tpm2'

/** The AK where it can be used now. `publicArea` is its TPMT_PUBLIC. */
export interface LoadedKey {
  readonly handle: number
  readonly publicArea: Uint8Array
}

const none = new Uint8Array()

/**
 * The attestation key. The host left it persistent at `AK_HANDLE`; the guest may have evicted it or
 * cleared the TPM. As a primary of the endorsement hierarchy the same template makes the same key
 * again, which is then persisted again, or used as it is where the owner does not let it.
 */
export class AttestationKey {
  readonly #tpm: Transport
  #transient = -1

  constructor(tpm: Transport) {
    this.#tpm = tpm
  }

  /**
   * @throws {AgentError} `ak-unavailable`: it is gone and cannot be made again, as when the guest
   *   set endorsementAuth. Under a foreign endorsement seed it is another key: its name tells.
   */
  async load(): Promise<LoadedKey> {
    const persistent = await this.#read(AK_HANDLE)
    if (persistent !== null && isOurs(persistent))
      return { handle: AK_HANDLE, publicArea: encode(TPMT_PUBLIC, persistent) }
    const kept = this.#transient < 0 ? null : await this.#read(this.#transient)
    if (kept !== null && isOurs(kept))
      return { handle: this.#transient, publicArea: encode(TPMT_PUBLIC, kept) }
    const made = await this.#make()
    return persistent === null ? this.#persist(made) : made
  }

  async #read(handle: number): Promise<TPMT_PUBLIC | null> {
    try {
      return (await execute(this.#tpm, ReadPublic, { objectHandle: handle })).outPublic
    } catch (e) {
      if (e instanceof TpmError) return null
      throw e
    }
  }

  async #make(): Promise<LoadedKey> {
    try {
      const { objectHandle, outPublic } = await execute(this.#tpm, CreatePrimary, {
        primaryHandle: TPM_RH.ENDORSEMENT,
        inSensitive: { userAuth: none, data: none },
        inPublic: AK_RSA2048,
        outsideInfo: none,
        creationPCR: [],
      })
      this.#transient = objectHandle
      return { handle: objectHandle, publicArea: encode(TPMT_PUBLIC, outPublic) }
    } catch (cause) {
      if (!(cause instanceof TpmError)) throw cause
      throw new AgentError('ak-unavailable', cause.message, { cause })
    }
  }

  async #persist(made: LoadedKey): Promise<LoadedKey> {
    const objectHandle = made.handle
    const auth = TPM_RH.OWNER
    try {
      await execute(this.#tpm, EvictControl, { auth, objectHandle, persistentHandle: AK_HANDLE })
    } catch (e) {
      if (e instanceof TpmError) return made
      throw e
    }
    await execute(this.#tpm, FlushContext, { flushHandle: objectHandle })
    this.#transient = -1
    return { handle: AK_HANDLE, publicArea: made.publicArea }
  }
}

/** Made from our template: all but the key's own number is as there. */
function isOurs(found: TPMT_PUBLIC): boolean {
  const { unique } = AK_RSA2048
  const withoutKey = { ...found, unique } as TPMT_PUBLIC
  return (
    found.type === AK_RSA2048.type &&
    equalBytes(encode(TPMT_PUBLIC, withoutKey), encode(TPMT_PUBLIC, AK_RSA2048))
  )
}
