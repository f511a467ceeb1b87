import { lstat, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { dataDiskName } from '../data-disk.ts'
import { blankQcow2, copied, copiedAsQcow2 } from '../disk-copy.ts'
import { FILES } from '../qemu-args.ts'
import { MachineError } from './errors.ts'
import type { MachineLife } from './life.ts'
import { backupName } from './running-backup.ts'
import type { RunningMachine } from './running-machine.ts'

/** A disk of a VM, and the qcow2 file that it is to be copied to: of its own, on the state directory's file system. */
export interface DiskCopy {
  /** Null: the VM's own disk. */
  readonly lun: number | null
  readonly to: string
}

/**
 * What a copy is consistent with. `stopped`: its VM did not run. `crash`: as after a power cut at that moment, of all
 * disks the same one: what the guest had not written yet is not in it.
 */
export type Consistency = 'stopped' | 'crash'

/** Copies of a VM's disks, all of one moment. */
export class MachineCopies {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  /**
   * Copies disks to qcow2 files, all as they are at one moment; a VM that runs goes on meanwhile.
   * @param work a path on the state directory's file system where nothing is; nothing is there afterwards.
   * @returns what the copies are consistent with, and the variable store of that moment.
   * @throws {MachineError} `machine-disk-missing`, `machine-disk-failed` @throws {QmpError} it ended meanwhile.
   */
  async take(
    copies: readonly DiskCopy[],
    work: string,
    signal: AbortSignal,
  ): Promise<{ consistency: Consistency; variables: Uint8Array }> {
    const read = () => this.#life.files.readVariables()
    const { consistency, beside } = await this.#make(copies, work, read, signal)
    return { consistency, variables: beside }
  }

  /**
   * The same, with the variable store and the vTPM of that moment, which holds its keys: for a restore point.
   * @throws as `take` @throws {VtpmError} its vTPM is not the one on record.
   */
  async takeMoment(copies: readonly DiskCopy[], work: string, signal: AbortSignal) {
    const read = async () => ({
      variables: await this.#life.files.readVariables(),
      vtpm: await this.#life.vtpm.capture(),
    })
    const { consistency, beside } = await this.#make(copies, work, read, signal)
    return { consistency, ...beside }
  }

  /**
   * @param beside what else is to be of that moment: a VM that runs stands still meanwhile.
   */
  async #make<T>(
    copies: readonly DiskCopy[],
    work: string,
    beside: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ consistency: Consistency; beside: T }> {
    const begun = await this.#life.settled(async () => {
      const { live } = this.#life
      if (live === null) {
        for (const { lun, to } of copies) await this.#copyStopped(lun, to, signal)
        return { live, beside: await beside() }
      }
      await this.#clear(live, work)
      await mkdir(work, { mode: 0o700 })
      return { live, beside: await this.#begin(live, copies, work, beside) }
    })
    if (begun.live === null) return { consistency: 'stopped', beside: begun.beside }
    try {
      await begun.live.backup.done(signal)
    } finally {
      await this.#life.next(() => this.#end(begun.live, copies, work))
    }
    for (const [nth, { to }] of copies.entries())
      await copied(join(work, backupName(nth)), to, signal)
    await rm(work, { recursive: true, force: true })
    return { consistency: 'crash', beside: begun.beside }
  }

  async #copyStopped(lun: number | null, to: string, signal: AbortSignal): Promise<void> {
    const disk = this.#diskOf(lun)
    const facts = await lstat(disk.path).catch(() => null)
    // QEMU's account could have put anything in the place of its own.
    if (facts?.isFile() !== true || (lun === null && facts.nlink !== 1))
      throw new MachineError('machine-disk-missing', `${disk.path} is no disk of the VM's`)
    await copiedAsQcow2(disk, to, signal)
  }

  /** QEMU writes into files that nobody else has; what it does to them once it gave them back is in no copy. */
  async #begin<T>(
    live: RunningMachine,
    copies: readonly DiskCopy[],
    work: string,
    beside: () => Promise<T>,
  ): Promise<T> {
    const { files } = this.#life
    const sizes = await live.disks.sizes()
    const nodes = copies.map(({ lun }) => (lun === null ? FILES.disk : dataDiskName(lun)))
    try {
      for (const [nth, node] of nodes.entries()) {
        const bytes = sizes.get(node)
        if (bytes === undefined)
          throw new MachineError('machine-disk-missing', `it runs without the disk ${node}`)
        const path = join(work, backupName(nth))
        await blankQcow2(path, bytes)
        await files.lend(path, backupName(nth))
      }
      const isHeld = this.#life.holding.held !== null
      await live.pause()
      try {
        await live.backup.begin(nodes)
        return await beside()
      } finally {
        if (!isHeld) await live.resume()
      }
    } catch (e) {
      await this.#end(live, copies, work).catch(() => {})
      await rm(work, { recursive: true, force: true })
      throw e
    }
  }

  async #clear(live: RunningMachine, work: string): Promise<void> {
    await live.backup.clear()
    await rm(work, { recursive: true, force: true })
  }

  async #end(live: RunningMachine, copies: readonly DiskCopy[], work: string): Promise<void> {
    // A QEMU that is gone writes no more.
    if (live.end === null) await live.backup.clear()
    for (const nth of copies.keys())
      await this.#life.files.takeBack(join(work, backupName(nth)), backupName(nth))
  }

  #diskOf(lun: number | null): { path: string; format: 'raw' | 'qcow2' } {
    const { files, record } = this.#life
    if (lun === null) return { path: files.disk, format: record.spec.disk.format }
    const disk = record.spec.dataDisks?.find((each) => each.lun === lun)
    if (disk !== undefined) return disk
    throw new MachineError('machine-disk-missing', `there is no disk of lun ${lun}`)
  }
}
