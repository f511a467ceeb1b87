import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../errors.ts'
import type { QmpClient } from '../qmp/client.ts'
import { QmpError } from '../qmp/errors.ts'
import type { RunningMachine } from './running-machine.ts'

const RESET_MS = 10_000
const POLL_MS = 100
/** A guest that is starting hears no button: it is pressed so often. */
const PRESS_MS = 3_000

/** The reset button and the power button of a VM that runs. */
export class RunningButtons {
  readonly #machine: RunningMachine
  readonly #monitor: () => QmpClient
  #onReset: (() => void) | null = null

  /** @param monitor the one to ask at that moment. */
  constructor(machine: RunningMachine, monitor: () => QmpClient) {
    this.#machine = machine
    this.#monitor = monitor
  }

  /**
   * Presses the reset button, and waits until QEMU has reset the machine: what it says before is of the boot
   * before. @throws {QmpError} `qmp-timeout`
   */
  async reset(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const late = () => reject(new QmpError('qmp-timeout', 'the machine was not reset'))
    const timer = setTimeout(late, RESET_MS)
    this.#onReset = resolve
    try {
      await this.#monitor().execute('system_reset', {})
      await promise
    } finally {
      clearTimeout(timer)
      this.#onReset = null
    }
    this.#machine.boots.wasReset()
    await this.#machine.resume()
  }

  /** QEMU has reset the machine, whoever asked. */
  heardReset(): void {
    this.#onReset?.()
  }

  /** Presses the power button, again and again; whether the guest powered off in time. */
  async powerDown(timeoutMs: number): Promise<boolean> {
    const machine = this.#machine
    try {
      await machine.resume()
      const until = performance.now() + timeoutMs
      for (let press = 0; performance.now() < until; ) {
        if (machine.end !== null) return machine.end.how === 'exited'
        if (machine.isVtpmLost) return false
        if (await machine.isOff()) return true
        if (performance.now() >= press) {
          await this.#monitor().execute('system_powerdown', {})
          press = performance.now() + PRESS_MS
        }
        await sleep(POLL_MS)
      }
    } catch (e) {
      if (!(e instanceof HostError)) throw e
    }
    return false
  }
}
