import type { BootDisk, BootFile } from './boot-disk.ts'
import { GrubFiles } from './grub-files.ts'
import type { GrubBuiltIn } from './grub-image.ts'
import { GrubLoader } from './grub-loader.ts'
import { GrubMeasurements } from './grub-measurements.ts'
import { catalogueOf, moduleLists } from './grub-own-files.ts'
import { GrubVariables } from './grub-variables.ts'

/** What GRUB has while it runs: variables, files, what it loaded and measured. */
export class GrubState {
  readonly builtIn: GrubBuiltIn
  readonly variables: GrubVariables
  readonly measured = new GrubMeasurements()
  readonly files: GrubFiles
  readonly loader: GrubLoader
  /** With it off GRUB would do something else. */
  onlySecureBoot = false
  /** This boot may have changed the environment block: what it has from then on is not known. */
  environmentWritten = false

  /** @param folder where GRUB itself was loaded from. */
  constructor(builtIn: GrubBuiltIn, disk: BootDisk, folder: string) {
    this.builtIn = builtIn
    this.files = new GrubFiles(disk, () => this.variables.get('root'))
    this.loader = new GrubLoader(this.files, this.measured)
    this.variables = new GrubVariables([
      ['root', disk.grubDevice],
      ['prefix', `(${disk.grubDevice})${builtIn.prefix}`],
      ['cmdpath', `(${disk.grubDevice})/${folder}`],
    ])
  }

  /** GRUB reads files when some of its variables change. */
  set(name: string, value: string): void {
    this.variables.set(name, value)
    if (name === 'prefix') this.readLists()
    if (name === 'prefix' || name === 'lang' || name === 'locale_dir') this.#readCatalogue()
  }

  /** The lists of its modules, where they are. */
  readLists(): void {
    const own = moduleLists(this.variables.get('prefix'), (path) => this.files.open(path))
    for (const [path, file] of own) this.measureFile(path, file)
    if (own.length > 0) this.onlySecureBoot = true
  }

  #readCatalogue(): void {
    if (!this.builtIn.modules.has('gettext')) return
    const [lang, folder, prefix] = ['lang', 'locale_dir', 'prefix'].map((name) =>
      this.variables.get(name),
    )
    const own = catalogueOf(lang!, folder!, prefix!, (path) => this.files.open(path))
    for (const [path, file] of own) this.measureFile(path, file)
  }

  /** What GRUB opens it measures. @param path as it was asked for. */
  measureFile(path: string, file: BootFile): void {
    this.measured.file('configuration', path, file)
  }
}
