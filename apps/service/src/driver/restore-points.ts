import { stat } from 'node:fs/promises'
import { ArmError } from '@trusted-launch/api'
import {
  type Host,
  type Machine,
  type RestorePoint,
  RestorePointError,
  SealedFileError,
  VtpmError,
} from '@trusted-launch/host'
import { refusals } from '../catalogue/texts.ts'
import type { AskedRestorePoint, TakenRestorePoint } from '../domain/host/restore-points.ts'
import type { DiskFiles } from './disk-files.ts'
import { systemOf } from './machine-spec.ts'
import { requireSpace } from './space.ts'

/** What `blocks` of stat(2) counts in. */
const BLOCK_BYTES = 512

/** Keeps a VM as it is, sealed: for a moment its disks are there twice. @throws {ArmError} no room. */
export async function takePoint(
  host: Host,
  { point, machine: id, luns }: AskedRestorePoint,
  signal: AbortSignal,
): Promise<TakenRestorePoint> {
  const machine = host.machine(id)
  const data = machine.spec.dataDisks ?? []
  const files = luns.map((lun) =>
    lun === null ? machine.diskFile : data.find((disk) => disk.lun === lun)?.path,
  )
  const sizes = await Promise.all(
    files.map(async (file) => (file === undefined ? 0 : (await stat(file)).blocks * BLOCK_BYTES)),
  )
  const bytes = sizes.reduce((sum, each) => sum + each, 0)
  await requireSpace(machine.folder, 2 * bytes)
  const { consistency, generation } = await explained(machine.spec.name, () =>
    host.points.take(point, machine, luns, signal),
  )
  return { consistency, generation }
}

/** @throws {ArmError} the point is gone or damaged; its vTPM's state does not open, or is of a former generation. */
export async function putBack(
  host: Host,
  machine: Machine,
  point: string,
  luns: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  await explained(machine.spec.name, async () => {
    const opened = await openPoint(host, point)
    await machine.restore(opened, luns, signal)
  })
}

/** A disk of a point, by the point's name here; null: its VM's own. */
export interface PointSource {
  readonly id: string
  readonly lun: number | null
  /** The id that it is kept by. */
  readonly to: string
}

/** A disk of a point becomes a file, with the variable store where its VM started from it. @throws {ArmError} */
export async function writeFromPoint(
  host: Host,
  files: DiskFiles,
  { id, lun, to }: PointSource,
  signal: AbortSignal,
): Promise<void> {
  await explained(to.split('/').at(-1)!, async () => {
    const opened = await openPoint(host, id)
    await files.put(to, (path) => opened.writeDisk(lun, path, signal))
    const { variables } = opened
    if (lun === null) await files.facts.keep(to, { variables, osType: systemOf(opened) })
  })
}

export async function openPoint(host: Host, point: string): Promise<RestorePoint> {
  return (await host.points.get(point)).open()
}

/** In Azure's words where it has some. */
export async function explained<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RestorePointError || error instanceof SealedFileError)
      throw new ArmError(refusals.restorePoint(error.message))
    if (!(error instanceof VtpmError) || error.code === 'vtpm-failed') throw error
    throw new ArmError(
      error.code === 'vtpm-rolled-back'
        ? refusals.formerVtpm(name)
        : refusals.vtpmLocked(name, error.message),
    )
  }
}
