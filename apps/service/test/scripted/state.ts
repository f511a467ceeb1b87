import type { Filling } from '../../src/domain/host/disks.ts'
import type { FirmwareKeys } from '../../src/domain/host/firmware-keys.ts'
import type { Leftover } from '../../src/domain/host/leftovers.ts'
import type { DiskPlan, MachinePlan, MachinePower } from '../../src/domain/host/machines.ts'
import type { AskedRestorePoint } from '../../src/domain/host/restore-points.ts'
import type { SnapshotSource } from '../../src/domain/host/snapshots.ts'
import type { HostDriver } from '../../src/domain/host-driver.ts'
import type { NetworkPlan } from '../../src/domain/network/network-plan.ts'
import { NamedTurns } from '../../src/driver/named-turns.ts'
import type { Script } from './script.ts'

/** A VM, as it was last told to be. */
export interface ScriptedMachine {
  readonly plan: MachinePlan
  readonly power: MachinePower
}

/** What a scripted host was told and has: for a test to look at, and to put there what is to be found. */
export class ScriptedState {
  readonly script: Script
  readonly vms: Map<string, ScriptedMachine>
  /** The data disks that each VM has. */
  readonly disks = new Map<string, readonly DiskPlan[]>()
  /** The images of others, by name, and the bytes of uploads. */
  readonly images = new Set<string>()
  readonly uploads = new Map<string, number>()
  /** The bytes of uploads, disks and snapshots, where they are few. */
  readonly contents = new Map<string, Uint8Array>()
  /** The disks that were given bytes, and whose. */
  readonly filled = new Map<string, Filling>()
  /** The snapshots that were taken, and of what. */
  readonly snapshots = new Map<string, SnapshotSource>()
  /** The restore points that were taken, by their names here. */
  readonly points = new Map<string, AskedRestorePoint>()
  /** What was put back, in order. */
  readonly restored: { readonly id: string; readonly point: string; luns: readonly number[] }[] = []
  /** The keys of firmware that were added to, by the VM. */
  readonly firmware = new Map<string, FirmwareKeys>()
  /** The VMs without a network. */
  readonly isolated = new Set<string>()
  /** The own disks that were kept when their VM went. */
  readonly kept: string[] = []
  /** The virtual networks there are, by their ids. */
  readonly networkPlans = new Map<string, NetworkPlan>()
  /** The files that lie there, by the names that records have for them. */
  readonly files = new Set<Leftover>()
  readonly imageTurns = new NamedTurns()

  /** @param vms may be kept outside, to outlive the process that drives the host. */
  constructor(script: Script = {}, vms = new Map<string, ScriptedMachine>()) {
    this.script = script
    this.vms = vms
  }

  /** Before a deed. @throws what it is to fail with. */
  async begin(deed: string, id: string, signal?: AbortSignal): Promise<void> {
    await this.script.before?.(deed, id, signal)
  }

  /** Of a VM that there is. */
  setVm(id: string, changed: Partial<ScriptedMachine>): void {
    const vm = this.vms.get(id)
    if (vm === undefined) throw new Error(`there is no VM ${id}`)
    this.vms.set(id, { ...vm, ...changed })
  }
}

/** The deeds of one port: `this` is the host that has them all. */
export type Deeds<Port> = Port & ThisType<ScriptedState & HostDriver & Port>
