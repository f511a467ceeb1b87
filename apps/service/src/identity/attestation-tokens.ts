import { type AttestationResult, signTokensWith, tokenOf } from '@trusted-launch/attestation'
import { SigningKey } from '@trusted-launch/crypto'
import type { IssuedToken } from '../domain/tokens.ts'
import type { AttestationSigner } from './attestation-signer.ts'

/** Tells relying parties of verdicts, signed by whoever signs records now. */
export class AttestationTokens {
  readonly #signer: AttestationSigner
  readonly #issuer: () => string
  readonly #now: () => number

  /** @param issuer a URL: its discovery document leads to the keys. */
  constructor(signer: AttestationSigner, issuer: () => string, now: () => number) {
    this.#signer = signer
    this.#issuer = issuer
    this.#now = now
  }

  /** @param recordSha256 of what the verdict is made again from. */
  async issue(
    result: AttestationResult,
    recordSha256: string,
    audience: string,
    lifetimeSeconds: number,
  ): Promise<IssuedToken> {
    const key = SigningKey.fromPkcs8((await this.#signer.current()).pkcs8)
    const issuer = { issuer: this.#issuer(), audience, lifetimeSeconds, key: key.publicKey }
    const now = this.#now()
    const token = tokenOf(result, recordSha256, now, issuer, signTokensWith(key))
    return { token, expiresAt: (Math.floor(now / 1000) + lifetimeSeconds) * 1000 }
  }
}
