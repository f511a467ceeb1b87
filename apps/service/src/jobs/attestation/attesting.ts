import { boundNonce, type TokenBinding } from '@trusted-launch/attestation'
import type { HostDriver } from '../../domain/host-driver.ts'
import type { Resource, Store } from '../../domain/store.ts'
import type { AttestationSigner } from '../../identity/attestation-signer.ts'
import type { AppraisalTask } from '../../workers/appraisal.ts'
import type { Appraisers } from '../../workers/appraisers.ts'
import { TurnHolder } from '../turn-holder.ts'
import type { Job } from '../worker.ts'
import { type Attested, type AttestGround, attest } from './attest.ts'

export interface AttestingOptions {
  readonly store: Store
  readonly driver: HostDriver
  readonly appraisers: Appraisers
  /** Names this process among all. */
  readonly owner: string
  readonly now: () => number
  readonly signer: AttestationSigner
  /** Who issues tokens: a URL. */
  readonly issuer: () => string
  /** What evidence is asked with, in place of chance. */
  readonly nonce: (() => Uint8Array) | undefined
}

const TOKEN_SECONDS = 3_600

/** How VMs are attested here, whoever asks for it, and how many verdicts came of it. */
export class Attesting {
  readonly ground: AttestGround
  readonly #options: AttestingOptions
  readonly #verdicts = new Map<string, number>()

  constructor(options: AttestingOptions) {
    this.#options = options
    const { store, driver, owner, now, nonce } = options
    const turns = new TurnHolder({ store, owner, now })
    this.ground = {
      ...{ driver, turns, now, signer: () => this.#signer() },
      appraise: (task) => this.#appraise(task),
      ...(nonce !== undefined && { nonce }),
    }
  }

  /** How many verdicts were made here, by tier. */
  get verdicts(): ReadonlyMap<string, number> {
    return this.#verdicts
  }

  /** Null: it has nothing to prove with. @throws {ArmError} `AttestationFailed` */
  attest(vm: Resource, job: Job): Promise<Attested | null> {
    return attest(vm, job, this.ground)
  }

  /** The same by a quote that covers what a relying party gave. */
  attestFor(vm: Resource, job: Job, binding: TokenBinding): Promise<Attested | null> {
    return attest(vm, job, { ...this.ground, binding, nonce: () => boundNonce(binding) })
  }

  async #appraise(task: AppraisalTask) {
    const answer = await this.#options.appraisers.appraise(task)
    this.#verdicts.set(answer.tier, (this.#verdicts.get(answer.tier) ?? 0) + 1)
    return answer
  }

  /** Who signs verdicts now. */
  async #signer() {
    const { pkcs8 } = await this.#options.signer.current()
    const issuer = { issuer: this.#options.issuer(), lifetimeSeconds: TOKEN_SECONDS }
    return { issuer, signer: pkcs8 }
  }
}
