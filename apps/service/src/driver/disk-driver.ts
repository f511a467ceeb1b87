import { copyOf, guestStateOf, uploadOf } from '../domain/disk/access.ts'
import type { DiskDriver } from '../domain/host/disks.ts'
import { fillDisk } from './disk-filling.ts'
import type { LocalParts } from './local-parts.ts'
import { writeFromPoint } from './restore-points.ts'

/** Disks on this machine that are resources of their own. */
export function diskDriver({ host, disks, snapshots, taken }: LocalParts): DiskDriver {
  return {
    async fillDisk(filling, tell, signal) {
      const { source, diskId, sizeGib } = filling
      if (source.kind === 'restorePoint') {
        await writeFromPoint(host, disks, { ...source, to: diskId }, signal)
        return { sizeGib: sizeGib!, examination: null }
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
