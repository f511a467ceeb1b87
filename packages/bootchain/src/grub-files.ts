import { BOOT_FILE_BYTES_MAX, type BootDisk, type BootFile } from './boot-disk.ts'
import { unpredictable } from './grub-errors.ts'
import type { GrubVolume } from './grub-volumes.ts'

interface Place {
  readonly device: string
  readonly volume: GrubVolume
  readonly path: string
}

/** GRUB's paths, `(device)/path` or a path on its root: on the partitions of the boot disk alone. */
export class GrubFiles {
  readonly #disk: BootDisk
  readonly #root: () => string

  /** @param root the device that paths without one are on; it may change as a script runs. */
  constructor(disk: BootDisk, root: () => string) {
    this.#disk = disk
    this.#root = root
  }

  /** The file, or null. @throws {BootChainError} UNPREDICTABLE: on another device. */
  open(path: string): BootFile | null {
    const place = this.#placeOf(path)
    const bytes = place?.volume.readFile(place.path, BOOT_FILE_BYTES_MAX) ?? null
    if (place === null || bytes === null) return null
    const plain = place.path.replace(/^\/+/, '')
    const isOnEsp = place.device === this.#disk.grubDevice
    return { path: isOnEsp ? plain : `(${place.device})/${plain}`, bytes }
  }

  /** Whether a file or folder is there. @throws {BootChainError} UNPREDICTABLE: on another device. */
  exists(path: string): boolean {
    return this.#entryAt(path) !== null
  }

  isDirectory(path: string): boolean {
    return this.#entryAt(path)?.isDirectory === true
  }

  /**
   * The device whose file system has this UUID; null: none has.
   * @throws {BootChainError} UNPREDICTABLE: two have it, or none that is read here.
   */
  byUuid(uuid: string): string | null {
    const isWanted = (volume: GrubVolume) => volume.uuid.toLowerCase() === uuid.toLowerCase()
    return this.#only(uuid, isWanted)
  }

  /** The device that has this file, as `byUuid`. */
  byFile(path: string): string | null {
    return this.#only(path, (volume) => volume.readFile(path, BOOT_FILE_BYTES_MAX) !== null)
  }

  #only(subject: string, isWanted: (volume: GrubVolume) => boolean): string | null {
    const volumes = [...this.#disk.volumes]
    const [found, ...more] = volumes.filter(([, volume]) => volume !== null && isWanted(volume))
    if (more.length > 0) throw unpredictable(subject, 'more than one partition has it')
    if (found !== undefined) return found[0]
    if (volumes.some(([, volume]) => volume === null))
      throw unpredictable(subject, 'not on a file system that is read here')
    return null
  }

  #entryAt(path: string) {
    const place = this.#placeOf(path)
    return place === null ? null : place.volume.look(place.path)
  }

  /** Null when it is on a device that is not there. */
  #placeOf(path: string): Place | null {
    const [, device = this.#root(), rest = path] = /^\(([^)]*)\)(.*)$/s.exec(path) ?? []
    if (device === '') return null
    const volume = this.#disk.volumes.get(device)
    if (volume) return { device, volume, path: rest }
    if (volume === undefined && /^hd0,gpt[1-9][0-9]*$/.test(device)) return null
    const why = volume === null ? 'a file system that is not read here' : 'not of the boot disk'
    throw unpredictable(path, why)
  }
}
