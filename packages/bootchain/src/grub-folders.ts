import { BOOT_FILE_BYTES_MAX, type BootDisk, type BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import type { GrubVolume } from './grub-volumes.ts'

const filesMax = 2048
const bytesMax = 256 << 20
const depthMax = 4
/** Where distributions have GRUB's files, on the root file system or one of its own. */
const folders = ['boot/grub', 'grub', 'boot/grub2', 'grub2']
/** With Secure Boot on it loads neither, and they are most of what is there. */
const loadable = /\.(mod|img|efi)$/i

/** The files that GRUB may read, of all partitions of a disk: read once, and at most 2,048 of them or 256 MiB. */
export class FilesOfGrub {
  readonly #disk: BootDisk
  readonly #found = new Map<string, BootFile>()
  #bytes = 0

  constructor(disk: BootDisk) {
    this.#disk = disk
  }

  get all(): readonly BootFile[] {
    return [...this.#found.values()]
  }

  /**
   * All below GRUB's folders.
   * @param own folders of the EFI system partition: where GRUB is, and its prefix.
   * @throws {BootChainError} UNPREDICTABLE: too many.
   */
  addFolders(own: readonly string[]): void {
    for (const [device, volume] of this.#disk.volumes) {
      if (volume === null) continue
      const here = device === this.#disk.grubDevice ? [...folders, ...own.map(plainOf)] : folders
      for (const folder of here)
        for (const path of pathsBelow(volume, folder, 0)) this.#add(device, volume, path)
    }
  }

  /** What a command names, `/path` or `(device)/path`, where it is. @throws {BootChainError} as `addFolders` */
  addNamed(name: string): void {
    const [, wanted, path] = /^(?:\(([^)]*)\))?\/(.+)$/s.exec(name) ?? []
    if (path === undefined) return
    for (const [device, volume] of this.#disk.volumes)
      if (volume !== null && (wanted ?? device) === device) this.#add(device, volume, path)
  }

  #add(device: string, volume: GrubVolume, path: string): void {
    const told = device === this.#disk.grubDevice ? path : `(${device})/${path}`
    const bytes = this.#found.has(told) ? null : volume.readFile(path, BOOT_FILE_BYTES_MAX)
    if (bytes === null) return
    this.#bytes += bytes.length
    if (this.#found.size >= filesMax || this.#bytes > bytesMax)
      throw new BootChainError('UNPREDICTABLE', 'GRUB', 'too many files in its folders')
    this.#found.set(told, { path: told, bytes })
  }
}

function pathsBelow(volume: GrubVolume, folder: string, depth: number): string[] {
  if (depth > depthMax) return []
  return volume.list(folder).flatMap((name) => {
    const path = `${folder}/${name}`
    if (volume.look(path)?.isDirectory === true) return pathsBelow(volume, path, depth + 1)
    return loadable.test(name) ? [] : [path]
  })
}

const plainOf = (folder: string) => folder.replace(/^\/+/, '')
