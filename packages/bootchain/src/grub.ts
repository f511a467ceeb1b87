import { fromUtf8 } from '@trusted-launch/codec'
import type { BootDisk } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import { assign, grubCommands } from './grub-commands.ts'
import { unpredictable } from './grub-errors.ts'
import type { GrubBuiltIn } from './grub-image.ts'
import type { GrubLoaded } from './grub-loader.ts'
import type { GrubMeasurement } from './grub-measurements.ts'
import { defaultEntry, entryOf, type GrubEntry } from './grub-menu.ts'
import { type GrubMachine, GrubScript, type GrubStatus } from './grub-script.ts'
import { GrubState } from './grub-state.ts'
import type { Word } from './grub-syntax.ts'

/** What GRUB will do with this disk, up to starting the kernel. */
export interface GrubRun extends GrubLoaded {
  /** All of them in order; or, where that is not known, all that there may be: see `grubUnordered`. */
  readonly measurements: readonly GrubMeasurement[]
  readonly isOrdered: boolean
  /** It is foretold with Secure Boot on alone: with it off GRUB loads modules, or starts the kernel by other means. */
  readonly onlySecureBoot: boolean
}

const sourcesMax = 16
const entriesMax = 256

/**
 * Runs GRUB's built-in configuration and what it sources, on the partitions of the boot disk, with
 * nobody at the keyboard: every command, file and command line that is measured, in order.
 *
 * What cannot be known beforehand (loops, what an earlier boot leaves, other file systems and disks, unknown
 * commands) is refused, never guessed.
 *
 * @param folder where GRUB itself was loaded from, e.g. `EFI/BOOT`.
 * @throws {BootChainError} UNPREDICTABLE, FILE_NOT_FOUND, WOULD_NOT_BOOT.
 * @see GRUB 2.06, grub-core/script/execute.c, grub-core/commands/tpm.c, grub-core/kern/verifiers.c
 */
export function runGrub(builtIn: GrubBuiltIn, disk: BootDisk, folder: string): GrubRun {
  const run = new Interpreter(new GrubState(builtIn, disk, folder))
  run.start(builtIn.configuration)
  return run.result()
}

/** Normal mode: which configuration, which entry, and when it is over. */
class Interpreter implements GrubMachine {
  readonly #state: GrubState
  readonly #script = new GrubScript(this)
  #entries: GrubEntry[] = []
  booted = false
  #sources = 0

  constructor(state: GrubState) {
    this.#state = state
  }

  /** The lists of the modules, then its configuration. */
  start(configuration: string): void {
    this.#state.readLists()
    this.#read(configuration, '(memdisk)')
    this.#menu(false)
  }

  result(): GrubRun {
    const { loader, measured, onlySecureBoot } = this.#state
    const loaded = this.booted ? loader.loaded : null
    if (loaded === null)
      throw new BootChainError('WOULD_NOT_BOOT', 'GRUB', 'its configuration starts no kernel')
    return { measurements: measured.list, isOrdered: true, ...loaded, onlySecureBoot }
  }

  /** A configuration file's text: GRUB takes lines that begin with # out before anything else. */
  #read(text: string, folder: string): void {
    const before = this.#state.variables.get('config_directory')
    this.#state.variables.set('config_directory', folder)
    this.#script.run(text.replace(/^#.*(?:\n|$)/gm, ''))
    if (before === '') this.#state.variables.unset('config_directory')
    else this.#state.variables.set('config_directory', before)
  }

  /** Nobody presses a key: the default entry runs, then what it loaded is started. */
  #menu(isSubmenu: boolean): void {
    if (this.booted || this.#entries.length === 0) return
    if (!isSubmenu && !/^[0-9]/.test(this.#state.variables.get('timeout')))
      throw unpredictable('timeout', 'the menu waits for a key')
    const { entry, rest } = defaultEntry(this.#entries, this.#state.variables.get('default'))
    if (entry.isSubmenu) {
      this.#entries = []
      this.#state.variables.openContext()
    }
    if (rest !== null) this.#state.variables.set('default', rest)
    this.#script.run(entry.source)
    if (entry.isSubmenu) this.#menu(true)
    else this.#boot()
  }

  measureCommand(text: string): void {
    this.#state.measured.text('command', text)
  }

  variable(name: string): string {
    return this.#state.variables.get(name)
  }

  assign(assignment: string): GrubStatus {
    return assign(this.#state, assignment)
  }

  run(name: string, words: readonly string[], raw: readonly Word[]): GrubStatus | undefined {
    if (name === 'source' || name === '.' || name === 'configfile') return this.#source(name, words)
    if (name === 'menuentry' || name === 'submenu') return this.#entry(name, words, raw)
    if (name === 'boot') return this.#boot()
    return grubCommands.get(name)?.(this.#state, words)
  }

  #source(name: string, words: readonly string[]): number | null {
    const [path, ...more] = words
    if (path === undefined || more.length > 0) throw unpredictable(name, 'not one file')
    const file = this.#state.files.open(path)
    if (file === null) return null
    if (++this.#sources > sourcesMax) throw unpredictable(name, `more than ${sourcesMax} files`)
    this.#state.measureFile(path, file)
    const full = path.startsWith('(') ? path : `(${this.#state.variables.get('root')})${path}`
    if (name === 'configfile') {
      this.#entries = []
      this.#state.variables.openContext()
    }
    this.#read(fromUtf8(file.bytes), full.slice(0, full.lastIndexOf('/')))
    if (name !== 'configfile') return null
    this.#menu(false)
    if (!this.booted)
      throw new BootChainError('WOULD_NOT_BOOT', path, 'it starts no kernel, and GRUB waits')
    return 0
  }

  #entry(name: string, words: readonly string[], raw: readonly Word[]): number {
    if (raw.at(-1)?.kind !== 'block') throw unpredictable(name, 'no block')
    if (this.#entries.length >= entriesMax) throw unpredictable(name, 'too many')
    this.#entries.push(entryOf(name === 'submenu', words))
    return 0
  }

  #boot(): number {
    this.booted ||= this.#state.loader.loaded !== null
    return this.booted ? 0 : 1
  }
}
