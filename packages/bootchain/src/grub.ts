import { fromUtf8 } from '@trusted-launch/codec'
import type { BootDisk } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import { readEnvironment } from './grub-environment.ts'
import { GrubFiles } from './grub-files.ts'
import type { GrubBuiltIn } from './grub-image.ts'
import { type GrubLoaded, GrubLoader } from './grub-loader.ts'
import { type GrubMeasurement, GrubMeasurements } from './grub-measurements.ts'
import { defaultEntry, entryOf, type GrubEntry } from './grub-menu.ts'
import { catalogueOf, moduleLists } from './grub-own-files.ts'
import { type GrubMachine, GrubScript, type GrubStatus } from './grub-script.ts'
import { parseSearch } from './grub-search.ts'
import type { Word } from './grub-syntax.ts'
import { evaluateTest } from './grub-test.ts'
import { GrubVariables } from './grub-variables.ts'

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
/** FILE_NOT_FOUND of GRUB, include/grub/err.h. */
const NOT_FOUND = 5
/** What Ubuntu has a boot keep: one that went well has it cleared again. */
const kept = new Set(['recordfail', 'initrdfail'])
/** Commands that change nothing that is measured, and do not fail. */
const harmless = new Set(['echo', 'true', 'clear', 'setparams', 'sleep', 'serial'])
/** Those that may fail. */
const harmlessOrFailing = new Set(['terminal_input', 'terminal_output', 'background_color'])

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
  const run = new Interpreter(builtIn, disk, folder)
  run.start(builtIn.configuration)
  return run.result()
}

class Interpreter implements GrubMachine {
  readonly #builtIn: GrubBuiltIn
  readonly #variables: GrubVariables
  readonly #measured = new GrubMeasurements()
  readonly #files: GrubFiles
  readonly #loader: GrubLoader
  readonly #script = new GrubScript(this)
  #entries: GrubEntry[] = []
  booted = false
  #onlySecureBoot = false
  #environmentWritten = false
  #sources = 0

  constructor(builtIn: GrubBuiltIn, disk: BootDisk, folder: string) {
    this.#builtIn = builtIn
    this.#files = new GrubFiles(disk, () => this.#variables.get('root'))
    this.#loader = new GrubLoader(this.#files, this.#measured)
    this.#variables = new GrubVariables([
      ['root', disk.grubDevice],
      ['prefix', `(${disk.grubDevice})${builtIn.prefix}`],
      ['cmdpath', `(${disk.grubDevice})/${folder}`],
    ])
  }

  /** Normal mode: the lists of the modules, then its configuration. */
  start(configuration: string): void {
    this.#readLists()
    this.#read(configuration, '(memdisk)')
    this.#menu(false)
  }

  result(): GrubRun {
    const loaded = this.booted ? this.#loader.loaded : null
    if (loaded === null)
      throw new BootChainError('WOULD_NOT_BOOT', 'GRUB', 'its configuration starts no kernel')
    const onlySecureBoot = this.#onlySecureBoot
    return { measurements: this.#measured.list, isOrdered: true, ...loaded, onlySecureBoot }
  }

  /** A configuration file's text: GRUB takes lines that begin with # out before anything else. */
  #read(text: string, folder: string): void {
    const before = this.#variables.get('config_directory')
    this.#variables.set('config_directory', folder)
    this.#script.run(text.replace(/^#.*(?:\n|$)/gm, ''))
    if (before === '') this.#variables.unset('config_directory')
    else this.#variables.set('config_directory', before)
  }

  /** Nobody presses a key: the default entry runs, then what it loaded is started. */
  #menu(isSubmenu: boolean): void {
    if (this.booted || this.#entries.length === 0) return
    if (!isSubmenu && !/^[0-9]/.test(this.#variables.get('timeout')))
      throw unpredictable('timeout', 'the menu waits for a key')
    const { entry, rest } = defaultEntry(this.#entries, this.#variables.get('default'))
    if (entry.isSubmenu) {
      this.#entries = []
      this.#variables.openContext()
    }
    if (rest !== null) this.#variables.set('default', rest)
    this.#script.run(entry.source)
    if (entry.isSubmenu) this.#menu(true)
    else this.#boot()
  }

  measureCommand(text: string): void {
    this.#measured.text('command', text)
  }

  variable(name: string): string {
    return this.#variables.get(name)
  }

  run(name: string, words: readonly string[], raw: readonly Word[]): GrubStatus | undefined {
    if (name === '[' || name === 'test')
      return this.#test(name === '[' ? words.slice(0, -1) : words)
    if (name === 'set') return words.length === 0 ? 0 : this.assign(words[0]!)
    if (name === 'unset') return this.#unset(words)
    if (name === 'export') return this.#export(words)
    if (name === 'false') return 1
    if (name === 'search') return this.#search(words)
    if (name === 'search.fs_uuid')
      return this.#search([
        '--fs-uuid',
        ...words.slice(0, 1),
        ...words.slice(1, 2).map((each) => `--set=${each}`),
      ])
    if (name === 'source' || name === '.' || name === 'configfile') return this.#source(name, words)
    if (name === 'linuxefi' || name === 'linux') return this.#linux(name, words)
    if (name === 'initrdefi' || name === 'initrd') return this.#loader.initrds(words)
    if (name === 'menuentry' || name === 'submenu') return this.#entry(name, words, raw)
    if (name === 'load_env') return this.#loadEnvironment(words)
    if (name === 'save_env') return this.#saveEnvironment(words)
    if (name === 'insmod') return this.#insmod(words)
    if (name === 'loadfont') return this.#loadfont(words)
    if (name === 'fwsetup') return this.#fwsetup(words)
    if (name === 'boot') return this.#boot()
    if (harmless.has(name)) return 0
    if (harmlessOrFailing.has(name)) return null
    return undefined
  }

  assign(assignment: string): number {
    const at = assignment.indexOf('=')
    if (at < 0) throw unpredictable(`set ${assignment}`, 'no value')
    return this.#set(assignment.slice(0, at), assignment.slice(at + 1))
  }

  /** GRUB reads files when some of its variables change. */
  #set(name: string, value: string): number {
    this.#variables.set(name, value)
    if (name === 'prefix') this.#readLists()
    if (name === 'prefix' || name === 'lang' || name === 'locale_dir') this.#readCatalogue()
    return 0
  }

  #readLists(): void {
    const own = moduleLists(this.#variables.get('prefix'), (path) => this.#files.open(path))
    for (const [path, file] of own) this.#measured.file('configuration', path, file)
    if (own.length > 0) this.#onlySecureBoot = true
  }

  #readCatalogue(): void {
    if (!this.#builtIn.modules.has('gettext')) return
    const [lang, folder, prefix] = ['lang', 'locale_dir', 'prefix'].map((name) =>
      this.#variables.get(name),
    )
    const own = catalogueOf(lang!, folder!, prefix!, (path) => this.#files.open(path))
    for (const [path, file] of own) this.#measured.file('configuration', path, file)
  }

  #export(words: readonly string[]): number {
    for (const word of words) this.#variables.export(word)
    return 0
  }

  #unset(words: readonly string[]): number {
    for (const word of words) this.#variables.unset(word)
    return 0
  }

  /** `-s` opens its file, and what GRUB opens it measures. */
  #test(words: readonly string[]): number {
    const isFilled = (path: string) => {
      const file = this.#files.open(path)
      if (file === null) return false
      if (this.#environmentWritten) throw unpredictable(path, 'this boot may have written it')
      this.#measured.file('configuration', path, file)
      return file.bytes.length > 0
    }
    const files = {
      exists: (path: string) => this.#files.exists(path),
      isDirectory: (path: string) => this.#files.isDirectory(path),
      isFilled,
    }
    return evaluateTest(words, files) ? 0 : 1
  }

  #search(words: readonly string[]): number {
    const { by, key, variable } = parseSearch(words)
    const device = by === 'uuid' ? this.#files.byUuid(key) : this.#files.byFile(key)
    if (device === null) return NOT_FOUND
    if (by === 'file')
      this.#measured.file(
        'configuration',
        `(${device})${key}`,
        this.#files.open(`(${device})${key}`)!,
      )
    return this.#set(variable, device)
  }

  #source(name: string, words: readonly string[]): number | null {
    const [path, ...more] = words
    if (path === undefined || more.length > 0) throw unpredictable(name, 'not one file')
    const file = this.#files.open(path)
    if (file === null) return null
    if (++this.#sources > sourcesMax) throw unpredictable(name, `more than ${sourcesMax} files`)
    this.#measured.file('configuration', path, file)
    const full = path.startsWith('(') ? path : `(${this.#variables.get('root')})${path}`
    if (name === 'configfile') {
      this.#entries = []
      this.#variables.openContext()
    }
    this.#read(fromUtf8(file.bytes), full.slice(0, full.lastIndexOf('/')))
    if (name !== 'configfile') return null
    this.#menu(false)
    if (!this.booted)
      throw new BootChainError('WOULD_NOT_BOOT', path, 'it starts no kernel, and GRUB waits')
    return 0
  }

  /** `linux` of a GRUB with Debian's `linuxefi` hands over to it, with Secure Boot on. */
  #linux(name: string, words: readonly string[]): number {
    if (name === 'linux') {
      if (!this.#builtIn.modules.has('linuxefi'))
        throw unpredictable(name, 'how this GRUB starts a kernel is not foretold')
      this.#onlySecureBoot = true
    }
    this.#loader.kernel(words)
    return 0
  }

  #entry(name: string, words: readonly string[], raw: readonly Word[]): number {
    if (raw.at(-1)?.kind !== 'block') throw unpredictable(name, 'no block')
    if (this.#entries.length >= entriesMax) throw unpredictable(name, 'too many')
    this.#entries.push(entryOf(name === 'submenu', words))
    return 0
  }

  #loadEnvironment(words: readonly string[]): number {
    if (words.some((word) => word.startsWith('-'))) throw unpredictable('load_env', 'options')
    const path = this.#environmentPath
    const file = this.#files.open(path)
    if (file === null) return NOT_FOUND
    if (this.#environmentWritten) throw unpredictable(path, 'this boot may have written it')
    this.#measured.file('configuration', path, file)
    for (const [name, value] of readEnvironment(file.bytes))
      if (words.length === 0 || words.includes(name)) this.#set(name, value)
    return 0
  }

  /** What is saved is read by the next boot, and measured then. What is not set, and was not saved, changes nothing. */
  #saveEnvironment(words: readonly string[]): null {
    const file = this.#files.open(this.#environmentPath)
    const saved = new Map(file === null ? [] : readEnvironment(file.bytes))
    const changed = words.filter((word) => this.#variables.isSet(word) || saved.has(word))
    const other = changed.find((word) => !kept.has(word))
    if (other !== undefined)
      throw unpredictable(`save_env ${other}`, 'the next boot differs from this one')
    this.#environmentWritten ||= changed.length > 0
    return null
  }

  get #environmentPath(): string {
    return `${this.#variables.get('prefix')}/grubenv`
  }

  /** Secure Boot keeps GRUB from loading modules: what is not built in is left out. */
  #insmod(words: readonly string[]): number | null {
    const [name] = words
    if (name === undefined || !/^\w+$/.test(name)) throw unpredictable('insmod', 'no module’s name')
    if (this.#builtIn.modules.has(name)) return 0
    const path = `${this.#variables.get('prefix')}/x86_64-efi/${name}.mod`
    if (this.#files.exists(path)) this.#onlySecureBoot = true
    return null
  }

  #loadfont(words: readonly string[]): number {
    const unknown = words.find((word) => !this.#builtIn.fonts.has(word))
    if (unknown !== undefined)
      throw unpredictable(`loadfont ${unknown}`, 'a font that is not built in')
    return 0
  }

  /** OVMF says that it can. */
  #fwsetup(words: readonly string[]): number {
    if (words.join(' ') === '--is-supported' && this.#builtIn.asksForSetup) return 0
    throw new BootChainError('WOULD_NOT_BOOT', 'GRUB: fwsetup', 'it goes to the firmware’s setup')
  }

  #boot(): number {
    this.booted ||= this.#loader.loaded !== null
    return this.booted ? 0 : 1
  }
}

function unpredictable(subject: string, reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB: ${subject}`, reason)
}
