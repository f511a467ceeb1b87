import { copyOf, guestStateOf, uploadOf } from '../domain/disk/access.ts'
import type { DiskDriver } from '../domain/host/disks.ts'
import { fillDisk } from './disk-filling.ts'
import type { LocalParts } from './local-parts.ts'
import { fillFromPoint } from './restore-points.ts'

/** Disks on this machine that are resources of their own. */
export function diskDriver({ host, disks, snapshots, taken }: LocalParts): DiskDriver {
  return {
    async fillDisk(filling, tell, signal) {
      const { source, diskId, sizeGib } = filling
      if (source.kind === 'restorePoint') {
        const from = { point: source.id, lun: source.lun, diskId }
        return fillFromPoint(host, disks, from, sizeGib!, signal)
      }
      return fillDisk(disks, taken, snapshots.files, { ...filling, source }, tell, signal)
    },

    async deleteDisk(diskId) {
      disks.remove(diskId)
      snapshots.files.remove(copyOf(diskId))
      for (const sent of [uploadOf(diskId), guestStateOf(diskId)]) await taken.uploads.remove(sent)
    },
  }
}
