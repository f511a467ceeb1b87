import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Machine } from '@trusted-launch/host'
import type { SnapshotSource, TakenSnapshot } from '../domain/host/snapshots.ts'
import type { DiskFiles } from './disk-files.ts'
import { systemOf } from './machine-spec.ts'

/** Snapshots of disks on this host: each a qcow2 file of its own, found by the id of its resource. */
export class Snapshots {
  readonly files: DiskFiles
  readonly #disks: DiskFiles
  readonly #machine: (id: string) => Machine | null

  constructor(files: DiskFiles, disks: DiskFiles, machine: (id: string) => Machine | null) {
    this.files = files
    this.#disks = disks
    this.#machine = machine
  }

  /** Done again it is the same. @throws {ArmError} no room, or the disk has no bytes here. @throws {HostError} */
  async take(
    id: string,
    source: Exclude<SnapshotSource, { kind: 'restorePoint' }>,
    signal: AbortSignal,
  ): Promise<TakenSnapshot> {
    if (source.kind === 'snapshot') {
      await this.files.copyFrom(this.files.require(source.id), id, signal)
      await this.files.facts.copy(this.files.facts, source.id, id)
      return { consistency: 'stopped' }
    }
    const machine = source.holder === null ? null : this.#machine(source.holder.machine)
    const lun = machine === null ? undefined : this.#lunOf(machine, source)
    if (machine !== null && lun !== undefined) return this.#takeOf(machine, lun, id, source, signal)
    await this.files.copyFrom(await this.#disks.ensure(source.id, source.sizeGib), id, signal)
    await this.files.facts.copy(this.#disks.facts, source.id, id)
    return { consistency: 'stopped' }
  }

  /** Undefined: the machine does not have it, whatever its resource says. */
  #lunOf(machine: Machine, source: Extract<SnapshotSource, { kind: 'disk' }>) {
    if (source.holder?.isOwn === true) return null
    const path = this.#disks.pathOf(source.id)
    return machine.spec.dataDisks?.find((disk) => disk.path === path)?.lun
  }

  async #takeOf(
    machine: Machine,
    lun: number | null,
    id: string,
    { id: diskId }: SnapshotSource,
    signal: AbortSignal,
  ): Promise<TakenSnapshot> {
    const path = lun === null ? machine.diskFile : this.#disks.pathOf(diskId)
    const work = join(this.files.folder, `.work-${randomBytes(8).toString('hex')}`)
    try {
      const { consistency, variables } = await this.files.putSized(path, id, (to) =>
        machine.copies.take([{ lun, to }], work, signal),
      )
      if (lun === null)
        await this.files.facts.keep(id, { variables, osType: systemOf(machine.spec) })
      return { consistency }
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }
}
