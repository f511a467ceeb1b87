import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { switchSecureBoot } from '../firmware.ts'
import type { RestorePoint } from '../restore-points.ts'
import { temporaryBeside } from '../state-directory.ts'
import type { VtpmIdentity, VtpmKeeper } from '../vtpm-port.ts'
import { MachineError } from './errors.ts'
import { storeStopped } from './kept-store.ts'
import type { MachineLife } from './life.ts'

/** Puts a stopped VM back to what it was: each in a turn of its life. */
export class MachineRestoring {
  readonly #life: MachineLife
  readonly #keeper: VtpmKeeper

  constructor(life: MachineLife, keeper: VtpmKeeper) {
    this.#life = life
    this.#keeper = keeper
  }

  /**
   * Disks, variable store and vTPM as a restore point has them; what the VM is (processors, memory, Secure Boot on or
   * off, its disks' places) stays. All is looked at before anything is changed; once it is, it is on record until
   * all of it is done: killed in between the VM does not start, and who restores it again finishes it.
   * @param luns its data disks that are put back: those that the VM has.
   */
  async restore(point: RestorePoint, luns: readonly number[], signal: AbortSignal): Promise<void> {
    const { files, record } = this.#life
    this.#requireFitting(point, luns)
    const staged = join(files.path, 'restored')
    await rm(staged, { recursive: true, force: true })
    await mkdir(staged, { mode: 0o700 })
    const data = luns.map((lun) => {
      const { path } = record.spec.dataDisks!.find((disk) => disk.lun === lun)!
      return { lun, path, next: temporaryBeside(path) }
    })
    try {
      await point.writeDisk(null, join(staged, 'disk'), signal)
      for (const { lun, next } of data) await point.writeDisk(lun, next, signal)
      const { firmware, secureBoot } = record.spec
      const variables =
        firmware === 'bios' ? point.variables : switchSecureBoot(point.variables, secureBoot)
      const identity = await this.#restoreVtpm(point)
      await files.writeVariables(variables)
      await files.takeDisk(join(staged, 'disk'))
      for (const { path, next } of data) await rename(next, path)
      const spec = { ...this.#life.record.spec, disk: { format: 'qcow2' as const } }
      await this.#life.write({ identity, spec, restoring: null, store: storeStopped(variables) })
    } finally {
      await rm(staged, { recursive: true, force: true })
      for (const { next } of data) await rm(next, { force: true })
    }
  }

  /** The first that changes, and the last that can refuse. */
  async #restoreVtpm(point: RestorePoint): Promise<VtpmIdentity | null> {
    const before = this.#life.record.restoring ?? null
    await this.#life.write({ restoring: point.id })
    if (point.vtpm === null) return null
    try {
      return await this.#keeper.restore(this.#life.vtpm.required().place, point.vtpm)
    } catch (e) {
      await this.#life.write({ restoring: before })
      throw e
    }
  }

  #requireFitting({ id, vtpm, ...point }: RestorePoint, luns: readonly number[]): void {
    const { spec } = this.#life.record
    const bad = (why: string) => new MachineError('machine-bad-spec', `restore point ${id}: ${why}`)
    if ((vtpm !== null) !== (spec.vtpm !== null))
      throw bad(
        vtpm === null ? 'it has no vTPM, and the VM has' : 'it has a vTPM, and the VM has none',
      )
    for (const lun of luns) {
      if (!point.luns.includes(lun)) throw bad(`it has no disk of lun ${lun}`)
      const disk = spec.dataDisks?.find((each) => each.lun === lun)
      if (disk?.format !== 'qcow2') throw bad(`the VM has no such disk of lun ${lun}`)
    }
  }
}
