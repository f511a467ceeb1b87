import type { MachinePlan, MachinePower } from '../../src/domain/host/machines.ts'
import type { Capacity, HostDriver, HostEvent } from '../../src/domain/host-driver.ts'
import { consoles } from './consoles.ts'
import { disks } from './disks.ts'
import { evidence } from './evidence.ts'
import { firmwareKeys } from './firmware-keys.ts'
import { images } from './images.ts'
import { leftovers } from './leftovers.ts'
import { machines } from './machines.ts'
import { networks } from './networks.ts'
import { restorePoints } from './restore-points.ts'
import { snapshots } from './snapshots.ts'
import { ScriptedState } from './state.ts'
import { uploads } from './uploads.ts'

const SIZE_MAX_GIB = 32_767

/** In a prototype, so that a host of a test's own says some of them otherwise, and calls these. */
function withDeeds<Ports extends object>(deeds: Ports) {
  class WithDeeds extends ScriptedState {}
  Object.assign(WithDeeds.prototype, deeds)
  return WithDeeds as new (
    ...of: ConstructorParameters<typeof ScriptedState>
  ) => ScriptedState & Ports
}

const Scripted = withDeeds({
  ...machines,
  ...images,
  ...uploads,
  ...disks,
  ...snapshots,
  ...restorePoints,
  ...firmwareKeys,
  ...networks,
  ...leftovers,
  ...evidence,
  ...consoles,
})

/**
 * A host without VMs: it keeps what it was told, so that what the control plane does can be tried without booting.
 */
export class ScriptedHost extends Scripted implements HostDriver {
  readonly name = 'local'
  #told: (id: string, what: HostEvent) => void = () => {}

  async capacity(): Promise<Capacity> {
    return {
      vcpus: 64,
      memoryMiB: 1 << 20,
      freeMemoryMiB: 1 << 20,
      runningVcpus: 0,
      accelerator: 'tcg',
      diskGib: SIZE_MAX_GIB,
      noWindows: 'it has no KVM',
      noNetworks: null,
      images: {},
      ...this.script.capacity,
    }
  }

  watch(told: (id: string, what: HostEvent) => void): void {
    this.#told = told
  }

  async close(): Promise<void> {}

  /** A VM that ends without being asked to, and tells. */
  end(id: string, power: Exclude<MachinePower, 'running' | 'held' | 'stopped'>): void {
    this.setVm(id, { power })
    this.#told(id, 'ended')
  }

  /** What else is seen of a VM. */
  tell(id: string, what: HostEvent): void {
    this.#told(id, what)
  }

  /** What a VM was last told to be; undefined: there is none. */
  plan(id: string): MachinePlan | undefined {
    return this.vms.get(id)?.plan
  }
}
