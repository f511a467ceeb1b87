import type { Machine } from '@trusted-launch/host'
import type { DiskPlan } from '../domain/host/machines.ts'
import type { DiskFiles } from './disk-files.ts'
import { growDisk } from './grow-disk.ts'

/** Attaches, detaches and grows until the VM has these data disks; while it runs, too. */
export async function putDataDisks(
  machine: Machine,
  disks: readonly DiskPlan[],
  files: DiskFiles,
): Promise<void> {
  const wanted = new Map(disks.map((disk) => [disk.lun, files.pathOf(disk.diskId)]))
  for (const { lun, path } of machine.spec.dataDisks ?? [])
    if (wanted.get(lun) !== path) await machine.disks.detach(lun)
  for (const { lun, diskId, sizeGiB } of disks) {
    const path = await files.ensure(diskId, sizeGiB)
    const isThere = machine.spec.dataDisks?.some((disk) => disk.lun === lun) ?? false
    if (!isThere) await machine.disks.attach({ lun, path, format: 'qcow2' })
    await growDisk(machine.disks, lun, sizeGiB)
  }
}
