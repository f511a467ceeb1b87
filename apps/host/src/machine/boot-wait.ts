import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentInfo } from '@trusted-launch/channel'
import { HostError } from '../errors.ts'
import {
  type BootComponent,
  BootFailure,
  type BootFailureCode,
  type ConsoleFinding,
  readConsole,
} from './boot-failure.ts'
import { MachineError } from './errors.ts'
import type { Held } from './record.ts'
import type { RunningMachine } from './running-machine.ts'

/**
 * Whether Secure Boot refuses that file of the VM. True: it does. False: it does not, and the VM goes on.
 * Null: it can't be told.
 */
export type Confirm = (component: BootComponent) => Promise<boolean | null>

/** What whoever waits lets be done with the VM, and what was done with it before. */
export interface BootWays {
  readonly confirm: Confirm
  /** Lets the VM stand still for good. */
  readonly hold: (why: Held) => Promise<void>
  readonly held: Held | null
}

/** The guest may start anew so often before its agent answers. */
const RESETS_MAX = 3
const POLL_MS = 100
/** The console must say nothing more for so long before its words count. */
const SETTLE_MS = 3_000
/** One answer of the agent. */
const INFO_MS = 5_000

/** Waits for a guest to come up, or to show why it does not. One for each asking. */
export class BootWait {
  readonly #machine: RunningMachine
  readonly #ways: BootWays
  /** New starts of the guest that were before we waited. */
  #resetsBefore: number
  /** Words of a boot that the disk showed untrue. */
  readonly #refuted = new Set<string>()
  /** When the console that was read last had printed. */
  #readAt = Number.NaN

  constructor(machine: RunningMachine, ways: BootWays) {
    this.#machine = machine
    this.#ways = ways
    this.#resetsBefore = machine.boots.resets
  }

  /**
   * Resolves with the agent's first answer.
   * @throws {BootFailure} @throws {MachineError} `machine-not-running`: the manager let the VM go.
   */
  async agent(timeoutMs: number): Promise<AgentInfo> {
    if (this.#ways.held === 'boot-loop') throw this.#loop()
    for (const until = performance.now() + timeoutMs; ; await sleep(POLL_MS)) {
      await this.#refuseEnded()
      const left = until - performance.now()
      const info = await this.#ask(Math.min(INFO_MS, left))
      if (info !== null) return info
      if (this.#resets() > RESETS_MAX) await this.#stopLoop()
      await this.#refuseConsole()
      if (left <= 0) throw this.#failure('agent-silent', 'no answer of the agent')
    }
  }

  async #ask(timeoutMs: number): Promise<AgentInfo | null> {
    const { channel, boots } = this.#machine
    const { portOpen } = boots
    await channel.connect()
    if (!portOpen || timeoutMs <= 0) return null
    return channel.ask('info', undefined as never, timeoutMs).catch(() => null)
  }

  /** How often the guest started anew while we waited, since its agent's last answer. */
  #resets(): number {
    const { resets } = this.#machine.boots
    this.#resetsBefore = Math.min(this.#resetsBefore, resets)
    return resets - this.#resetsBefore
  }

  async #refuseEnded(): Promise<void> {
    const { end } = this.#machine
    if (end === null) {
      if (this.#machine.isVtpmLost || this.#ways.held === 'vtpm-lost') throw this.#vtpmLost()
      return
    }
    await end.done
    if (end.how === 'unreachable')
      throw new MachineError('machine-unreachable', 'its QEMU cannot be asked any more')
    if (end.how === null) throw new MachineError('machine-not-running', 'the VM was let go')
    if (end.how === 'vtpm-lost') throw this.#vtpmLost()
    if (end.how === 'crashed') throw this.#failure('machine-crashed', 'QEMU ended')
    throw this.#failure('guest-stopped', 'the guest powered off before its agent answered')
  }

  #vtpmLost(): BootFailure {
    return this.#failure('vtpm-lost', 'the vTPM went away')
  }

  /** It stands still from here on. */
  async #stopLoop(): Promise<never> {
    await this.#ways.hold('boot-loop').catch(() => {})
    throw this.#loop()
  }

  #loop(): BootFailure {
    // The last of its boots has hardly begun.
    const console = this.#machine.printed.console.tail()
    const message = 'the guest starts over and over: it was stopped'
    return new BootFailure('boot-loop', message, { console })
  }

  async #refuseConsole(): Promise<void> {
    const { boots, printed } = this.#machine
    const printedAt = printed.consoleAt
    if (boots.answered) return
    if (performance.now() - printedAt < SETTLE_MS || printedAt === this.#readAt) return
    this.#readAt = printedAt
    const found = readConsole(printed.boot)
    if (found === null) return
    if (found.code !== 'secure-boot-violation') throw this.#failureOf(found, false)
    const words = `${boots.resets} ${found.message}`
    if (this.#refuted.has(words)) return
    const confirmed = await this.#whetherConfirmed(found)
    if (confirmed !== false) throw this.#failureOf(found, confirmed === true)
    this.#refuted.add(words)
  }

  /** The VM may end meanwhile: then that is what is to be told. */
  async #whetherConfirmed({ component }: ConsoleFinding): Promise<boolean | null> {
    try {
      return await this.#ways.confirm(component!)
    } catch (e) {
      if (e instanceof HostError) return this.#machine.end === null ? null : false
      throw e
    }
  }

  #failureOf({ code, component, message }: ConsoleFinding, confirmed: boolean): BootFailure {
    const console = this.#machine.printed.boot
    return new BootFailure(code, message, { component, confirmed, console })
  }

  #failure(code: BootFailureCode, message: string): BootFailure {
    return new BootFailure(code, message, { console: this.#machine.printed.boot })
  }
}
