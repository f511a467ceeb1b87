import type { ImageDriver } from '../domain/host/images.ts'
import type { ImageSource, Source } from '../domain/sources.ts'
import { type CopiedDisk, copyDisk } from './copied-disk.ts'
import type { LocalParts } from './local-parts.ts'
import { diskIn } from './own-disk.ts'

/** Images on this machine. */
export function imageDriver(parts: LocalParts): ImageDriver {
  const { images, taken } = parts
  return {
    async prepareImage(name, tell, signal) {
      return diskIn(name) === null ? images.prepare(name, signal, tell) : name
    },

    async takeImage(source, tell, signal, isKept) {
      if (source.kind === 'upload' || source.kind === 'url')
        return taken.take(source, tell, signal, isKept)
      const disk = diskOf(parts, source)
      return taken.takeCopy((to) => copyDisk(disk, to, signal), tell, signal, isKept)
    },

    async removeImage(name, isSomebodys) {
      return taken.remove(name, isSomebodys)
    },
  }
}

function diskOf(
  { host, disks, snapshots }: LocalParts,
  { kind, id }: Exclude<ImageSource, Source>,
): CopiedDisk {
  if (kind === 'disk') return { path: disks.require(id), format: 'qcow2', isMachines: false }
  if (kind === 'snapshot')
    return { path: snapshots.files.require(id), format: 'qcow2', isMachines: false }
  const machine = host.machine(id)
  return { path: machine.diskFile, format: machine.spec.disk.format, isMachines: true }
}
