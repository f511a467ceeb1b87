import type { BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import { unpredictable } from './grub-errors.ts'
import type { GrubFiles } from './grub-files.ts'
import type { GrubMeasurements } from './grub-measurements.ts'
import { loaderCommandLine } from './grub-words.ts'

/** What was loaded to be started. */
export interface GrubLoaded {
  readonly kernel: BootFile
  readonly initrds: readonly BootFile[]
  /** As measured: the kernel's path, then its arguments. */
  readonly commandLine: string
}

const initrdsMax = 16

/** GRUB's `linuxefi` and `initrdefi`, of Debian and who takes its patches. */
export class GrubLoader {
  readonly #files: GrubFiles
  readonly #measured: GrubMeasurements
  #loaded: GrubLoaded | null = null

  constructor(files: GrubFiles, measured: GrubMeasurements) {
    this.#files = files
    this.#measured = measured
  }

  /** Null: no kernel. */
  get loaded(): GrubLoaded | null {
    return this.#loaded
  }

  /** @param words its path, then its arguments. @throws {BootChainError} FILE_NOT_FOUND */
  kernel(words: readonly string[]): void {
    const [path = ''] = words
    const kernel = this.#open(path, 'the kernel')
    this.#measured.file('kernel', path, kernel)
    this.#loaded = { kernel, initrds: [], commandLine: loaderCommandLine(words) }
    this.#measured.text('command-line', this.#loaded.commandLine)
  }

  /** GRUB's status. @throws {BootChainError} FILE_NOT_FOUND, UNPREDICTABLE: too many. */
  initrds(paths: readonly string[]): number {
    if (this.#loaded === null) throw unpredictable('initrd', 'before a kernel')
    const { initrds } = this.#loaded
    if (initrds.length > 0 || paths.length > initrdsMax)
      throw unpredictable('initrd', 'too many files')
    const files = paths.map((path) => {
      const file = this.#open(path, 'the initrd')
      this.#measured.file('initrd', path, file)
      return file
    })
    this.#loaded = { ...this.#loaded, initrds: files }
    return 0
  }

  #open(path: string, what: string): BootFile {
    const file = path === '' ? null : this.#files.open(path)
    if (file === null) throw new BootChainError('FILE_NOT_FOUND', path, what)
    return file
  }
}
