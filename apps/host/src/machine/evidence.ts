import { ChannelError, type Evidence, type EvidenceRequest } from '@trusted-launch/channel'
import type { GuestChannel } from '../guest-channel.ts'
import { VtpmError } from '../vtpm/errors.ts'
import { UNANSWERED_MAX } from '../vtpm/rollback-index.ts'
import type { VtpmKeeper } from '../vtpm-port.ts'
import { MachineError } from './errors.ts'
import type { MachineLife } from './life.ts'

/** So long a guest that left nonces unanswered may take to show that it answers. */
const TRIED_MS = 30_000

/** What a VM's guest hands out, and the nonces that its rollback index was asked for with. */
export class MachineEvidence {
  readonly #life: MachineLife
  readonly #keeper: VtpmKeeper

  constructor(life: MachineLife, keeper: VtpmKeeper) {
    this.#life = life
    this.#keeper = keeper
  }

  get #id(): string {
    return this.#life.record.spec.id
  }

  async collect(request: EvidenceRequest): Promise<Evidence> {
    this.#life.vtpm.required()
    await this.#life.takingOver.again()
    if (this.#life.holding.held === 'vtpm-lost')
      throw new MachineError('machine-vtpm-lost', `the vTPM of ${this.#id} went away while it ran`)
    const { channel } = this.#life.running()
    const nonce = await this.#issue(channel, request)
    const evidence = await channel.collectEvidence({ ...request, extendNonce: nonce })
    if (nonce !== null && evidence.rollback !== null) {
      const index = await this.#keeper.recordAttested(this.#id, nonce, evidence.rollback)
      if (index !== 'continued') this.#life.log('warning', 'rollback-index', `the index ${index}`)
    }
    return evidence
  }

  /** The nonce, once it is remembered; null when no more of them can be. */
  async #issue(channel: GuestChannel, request: EvidenceRequest): Promise<Uint8Array | null> {
    const nonce = request.extendNonce ?? null
    if (nonce === null) return null
    // An agent that is not there leaves no nonce unanswered.
    await channel.ask('info', undefined as never)
    await this.#tried(channel, request)
    try {
      await this.#keeper.recordIssued(this.#id, nonce)
      return nonce
    } catch (e) {
      if (!(e instanceof VtpmError && e.code === 'vtpm-unanswered')) throw e
      this.#life.log('warning', 'rollback-index', e.message)
      return null
    }
  }

  /**
   * A guest that left some nonces unanswered gives evidence without the index before it is sent another: one that can
   * not, for however long, leaves no more, and what it says after that has its index. @throws {ChannelError} @throws {AgentError}
   */
  async #tried(channel: GuestChannel, request: EvidenceRequest): Promise<void> {
    const { pending } = await this.#keeper.starts(this.#id)
    if (pending.length < UNANSWERED_MAX / 2) return
    const late = performance.now() + TRIED_MS
    await channel.collectEvidence({ ...request, extendNonce: null })
    // Whoever asks waits no longer: a nonce that is sent then is one that nobody knows of.
    if (performance.now() > late) throw new ChannelError('answer-late', 'no evidence in time')
  }
}
