import type { BootDisk, BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'

/** GRUB's paths, `(device)/path` or a path on its root: on the EFI system partition alone. */
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
    return place === null ? null : this.#disk.find(place)
  }

  /** Whether a file or folder is there. @throws {BootChainError} UNPREDICTABLE: on another device. */
  exists(path: string): boolean {
    return this.#entryAt(path) !== null
  }

  isDirectory(path: string): boolean {
    return this.#entryAt(path)?.isDirectory === true
  }

  #entryAt(path: string) {
    const place = this.#placeOf(path)
    return place === null ? null : this.#disk.esp.find(place)
  }

  /** The path on the EFI system partition; null when it is on a device that is not there. */
  #placeOf(path: string): string | null {
    const [, device = this.#root(), rest = path] = /^\(([^)]*)\)(.*)$/s.exec(path) ?? []
    if (device === this.#disk.grubDevice) return rest
    if (device === '') return null
    throw new BootChainError(
      'UNPREDICTABLE',
      `GRUB: ${path}`,
      `only ${this.#disk.grubDevice} is read`,
    )
  }
}
