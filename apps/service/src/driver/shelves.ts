import type { Host } from '@trusted-launch/host'
import type { DiskFolder } from './disk-folder.ts'
import type { Shelf } from './leftovers.ts'

/** Disks, or snapshots, by their resources' ids. @param isInUse whether a VM has the file at this path. */
export function diskShelf(
  kind: 'disk' | 'snapshot',
  files: DiskFolder,
  isInUse: (path: string) => boolean,
): Shelf {
  return {
    kind,
    files: () => files.files(),
    nameOf: (id) => files.nameOf(id),
    remove: async (file, isSomebodys) =>
      !(await isSomebodys()) && !isInUse(files.pathNamed(file.name)) && files.drop(file),
  }
}

/** Restore points, by their names here. */
export function pointShelf({ points }: Pick<Host, 'points'>): Shelf {
  return {
    kind: 'restorePoint',
    files: async () =>
      Promise.all(
        (await points.ids()).map(async (name) => ({ name, ...(await points.factsOf(name)) })),
      ),
    nameOf: (point) => point,
    remove: async ({ name, changedAt }, isSomebodys) => {
      if ((await isSomebodys()) || (await points.factsOf(name)).changedAt !== changedAt)
        return false
      await points.remove(name)
      return true
    },
  }
}
