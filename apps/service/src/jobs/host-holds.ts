import { ArmError } from '@trusted-launch/api'
import { allocationFailed, vcpusMax } from '../catalogue/host-capacity.ts'
import type { MachinePlan } from '../domain/host/machines.ts'
import type { HostDriver } from '../domain/host-driver.ts'
import { isUp } from './is-up.ts'

/** What a VM takes of its host while it runs. */
export type Share = Pick<MachinePlan, 'memoryMiB' | 'vcpus'>

/** The host counts what VMs that run were promised; for those on their way up it is held here. */
export class HostHolds {
  readonly #driver: Pick<HostDriver, 'capacity' | 'power'>
  /** By the VM's id on its host. */
  readonly #held = new Map<string, Share>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(driver: Pick<HostDriver, 'capacity' | 'power'>) {
    this.#driver = driver
  }

  /**
   * Holds a VM's memory and vCPUs from here until it is started, so that no two starts count on the same.
   * @throws {ArmError} `AllocationFailed`: they would be taken from the others.
   */
  hold(machine: string, share: Share): Promise<void> {
    const held = this.#turn.then(() => this.#hold(machine, share))
    this.#turn = held.catch(() => {})
    return held
  }

  /** It runs, or it does not come up; nothing happens when nothing is held. */
  release(machine: string): void {
    this.#held.delete(machine)
  }

  async #hold(machine: string, { memoryMiB, vcpus }: Share): Promise<void> {
    // One that came up between the two questions was counted twice.
    const why =
      (await this.#lacks(machine, memoryMiB, vcpus)) &&
      (await this.#lacks(machine, memoryMiB, vcpus))
    if (why !== null) throw new ArmError(allocationFailed(why))
    this.#held.set(machine, { memoryMiB, vcpus })
  }

  /** What there is too little of, in words; null: there is enough. */
  async #lacks(machine: string, memoryMiB: number, vcpus: number): Promise<string | null> {
    const free = await this.#free(machine)
    if (memoryMiB > free.memoryMiB)
      return `${memoryMiB} MiB are needed, ${free.memoryMiB} MiB are free`
    if (vcpus > free.vcpus)
      return `${vcpus} vCPUs are needed, ${free.vcpus} of ${free.vcpusMax} are free`
    return null
  }

  /** Who holds some is asked for first: one that comes up meanwhile is counted twice rather than never. */
  async #free(machine: string): Promise<Share & { readonly vcpusMax: number }> {
    const promised = { memoryMiB: 0, vcpus: 0 }
    for (const [other, share] of [...this.#held]) {
      if (other === machine || isUp(await this.#driver.power(other))) continue
      promised.memoryMiB += share.memoryMiB
      promised.vcpus += share.vcpus
    }
    const capacity = await this.#driver.capacity()
    return {
      memoryMiB: Math.max(0, capacity.freeMemoryMiB - promised.memoryMiB),
      vcpus: Math.max(0, vcpusMax(capacity) - capacity.runningVcpus - promised.vcpus),
      vcpusMax: vcpusMax(capacity),
    }
  }
}
