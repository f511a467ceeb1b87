import { setTimeout as sleep } from 'node:timers/promises'
import { type DataDisk, dataDiskDevice, dataDiskName, dataDiskNode } from '../data-disk.ts'
import type { QmpClient } from '../qmp/client.ts'
import { QmpError } from '../qmp/errors.ts'
import { MachineError } from './errors.ts'

const POLL_MS = 100
/** A disk's unit may take so long to go. */
const UNPLUG_MS = 10_000

/** The disks of a VM while it runs. */
export class RunningDisks {
  readonly #monitor: () => QmpClient

  /** @param monitor the one to ask at that moment. */
  constructor(monitor: () => QmpClient) {
    this.#monitor = monitor
  }

  /** A data disk comes; it is lent already. @throws {QmpError} */
  async attach(disk: DataDisk): Promise<void> {
    const node = dataDiskNode(disk)
    await this.#monitor().execute('blockdev-add', node)
    try {
      await this.#monitor().execute('device_add', dataDiskDevice(disk))
    } catch (e) {
      await this.#monitor().execute('blockdev-del', { 'node-name': node['node-name'] })
      throw e
    }
  }

  /** A data disk goes; nothing when it is not there. @throws {QmpError} */
  async detach(lun: number): Promise<void> {
    const name = dataDiskName(lun)
    const there = await this.sizes()
    if (!there.has(name)) return
    await this.#monitor()
      .execute('device_del', { id: dataDiskDevice({ lun }).id })
      .catch(ignoreMissing)
    for (const until = performance.now() + UNPLUG_MS; ; await sleep(POLL_MS))
      try {
        return await this.#monitor().execute('blockdev-del', { 'node-name': name })
      } catch (e) {
        if (performance.now() > until) throw e
      }
  }

  /** The guest sees a disk larger. @throws {MachineError} `machine-disk-failed` @throws {QmpError} */
  async grow(name: string, sizeBytes: number): Promise<void> {
    const before = (await this.sizes()).get(name) ?? 0
    if (sizeBytes < before)
      throw new MachineError('machine-disk-failed', `it has ${before} bytes, and does not shrink`)
    await this.#monitor().execute('block_resize', { 'node-name': name, size: sizeBytes })
  }

  /** How large each of its disks is, by QEMU's name. @throws {QmpError} */
  async sizes(): Promise<Map<string, number>> {
    const nodes = await this.#monitor().execute('query-named-block-nodes', { flat: true })
    return new Map(nodes.map(({ name, bytes }) => [name, bytes]))
  }
}

/** The guest, or a manager that died, was faster. */
function ignoreMissing(e: unknown): void {
  if (!(e instanceof QmpError && e.qmpClass === 'DeviceNotFound')) throw e
}
