import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Acceleration, chooseAcceleration, PROBE_FOLDER } from './acceleration.ts'
import { allocateAccounts } from './accounts.ts'
import type { Firmware } from './firmware.ts'
import type { Log } from './log.ts'
import { closeLoopback, openLoopback } from './loopback-boundary.ts'
import { killStrays } from './machine/qemu-process.ts'
import { findNetworkMode, type NetworkMode } from './networks/support.ts'

interface Parts {
  readonly stateDirectory: string
  readonly qemu: string
  readonly firmware: Firmware
  readonly log: Log
}

/** What this machine has for VMs to run on: found when it is first asked for; what is less than it could be is said once. */
export class HostSupport {
  readonly #parts: Parts
  #acceleration: Promise<Acceleration> | null = null
  #networkMode: Promise<NetworkMode> | null = null
  /** That the loopback is open is told once. */
  #loopbackSaid = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** How VMs run here; probed at the first asking, and said aloud then when it is emulation. */
  acceleration(): Promise<Acceleration> {
    this.#acceleration ??= this.#probe()
    return this.#acceleration
  }

  /** How VMs are connected here; tried at the first asking. */
  networkMode(): Promise<NetworkMode> {
    this.#networkMode ??= findNetworkMode(this.#parts.stateDirectory)
    return this.#networkMode
  }

  /** Each time anew: somebody may have loaded other rules since. */
  async closeLoopback(): Promise<void> {
    const fault = await closeLoopback(this.#parts.stateDirectory)
    if (fault === null || this.#loopbackSaid) return
    this.#loopbackSaid = true
    this.#say('loopback-open', `guests with a network reach what listens on this host: ${fault}`)
  }

  /** No VM runs any more. */
  openLoopback(): Promise<void> {
    return openLoopback(this.#parts.stateDirectory)
  }

  sayBoundary(): void {
    if (process.getuid?.() === 0) return
    this.#say(
      'no-user-boundary',
      'not root: QEMU and swtpm run as this user, and no user boundary protects a vTPM from its QEMU',
    )
  }

  /** What a manager left that died while it probed. */
  async removeProbes(): Promise<void> {
    const { stateDirectory } = this.#parts
    const names = await readdir(stateDirectory)
    for (const name of names.filter((each) => each.startsWith(PROBE_FOLDER))) {
      await killStrays(join(stateDirectory, name))
      await rm(join(stateDirectory, name), { recursive: true, force: true })
    }
  }

  async #probe(): Promise<Acceleration> {
    const { stateDirectory: folder, qemu, firmware } = this.#parts
    const { code, variables } = firmware
    const { qemu: account } = allocateAccounts(`${folder}#probe`, [])
    const found = await chooseAcceleration({ qemu, code, variables, account, folder })
    if (found.accelerator === 'tcg')
      this.#say('emulation', `VMs run under emulation, slowly: ${found.reason}`)
    return found
  }

  #say(event: string, message: string): void {
    this.#parts.log({ level: 'warning', event, vm: null, message })
  }
}
