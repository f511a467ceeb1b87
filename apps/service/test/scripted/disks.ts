import { copyOf, guestStateOf, uploadOf } from '../../src/domain/disk/access.ts'
import type { DiskDriver } from '../../src/domain/host/disks.ts'
import { examinationIn } from './script.ts'
import type { Deeds } from './state.ts'

/** Disks that have the bytes they were made of, where those are known. */
export const disks: Deeds<DiskDriver> = {
  async fillDisk(filling, _tell, signal) {
    const { diskId, sizeGib, isSystem } = filling
    await this.begin('fillDisk', diskId, signal)
    this.filled.set(diskId, filling)
    const from = filling.source.kind === 'url' ? undefined : this.contents.get(filling.source.id)
    if (from !== undefined) this.contents.set(diskId, from)
    return { sizeGib: sizeGib ?? 1, examination: isSystem ? examinationIn(this.script) : null }
  },

  async deleteDisk(diskId) {
    await this.begin('deleteDisk', diskId)
    this.snapshots.delete(copyOf(diskId))
    for (const sent of [uploadOf(diskId), guestStateOf(diskId)]) this.uploads.delete(sent)
    for (const id of [diskId, ...this.contents.keys()])
      if (id.startsWith(diskId)) this.contents.delete(id)
  },
}
