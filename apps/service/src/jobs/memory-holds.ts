import { ArmError } from '@trusted-launch/api'
import { allocationFailed } from '../catalogue/host-capacity.ts'
import type { HostDriver } from '../domain/host-driver.ts'
import { isUp } from './is-up.ts'

/** The host counts what VMs that run were promised; for those on their way up it is held here. */
export class MemoryHolds {
  readonly #driver: Pick<HostDriver, 'capacity' | 'power'>
  /** MiB, by the VM's id on its host. */
  readonly #held = new Map<string, number>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(driver: Pick<HostDriver, 'capacity' | 'power'>) {
    this.#driver = driver
  }

  /**
   * Holds a VM's memory from here until it is started, so that no two starts count on the same.
   * @throws {ArmError} `AllocationFailed`: it would be taken from the others.
   */
  hold(machine: string, memoryMiB: number): Promise<void> {
    const held = this.#turn.then(() => this.#hold(machine, memoryMiB))
    this.#turn = held.catch(() => {})
    return held
  }

  /** It runs, or it does not come up; nothing happens when nothing is held. */
  release(machine: string): void {
    this.#held.delete(machine)
  }

  async #hold(machine: string, memoryMiB: number): Promise<void> {
    let free = await this.#free(machine)
    // One that came up between the two questions was counted twice.
    if (memoryMiB > free) free = await this.#free(machine)
    if (memoryMiB > free)
      throw new ArmError(allocationFailed(`${memoryMiB} MiB are needed, ${free} MiB are free`))
    this.#held.set(machine, memoryMiB)
  }

  /** Who holds some is asked for first: one that comes up meanwhile is counted twice rather than never. */
  async #free(machine: string): Promise<number> {
    let promised = 0
    for (const [other, memoryMiB] of [...this.#held]) {
      if (other !== machine && !isUp(await this.#driver.power(other))) promised += memoryMiB
    }
    const { freeMemoryMiB } = await this.#driver.capacity()
    return Math.max(0, freeMemoryMiB - promised)
  }
}
