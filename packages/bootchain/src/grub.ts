import { fromUtf8 } from '@trusted-launch/codec'
import type { BootDisk, BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import { GrubFiles } from './grub-files.ts'
import type { GrubBuiltIn } from './grub-image.ts'
import { type GrubMeasurement, GrubMeasurements } from './grub-measurements.ts'
import { parseGrubScript, type Statement, type Word } from './grub-syntax.ts'
import { evaluateTest } from './grub-test.ts'
import { expandWord, joinWords, loaderCommandLine } from './grub-words.ts'

/** What GRUB will do with this disk, up to starting the kernel. */
export interface GrubRun {
  readonly measurements: readonly GrubMeasurement[]
  readonly kernel: BootFile
  readonly initrds: readonly BootFile[]
  /** As measured: the kernel's path, then its arguments. */
  readonly commandLine: string
}

const statementsMax = 4096
const initrdsMax = 16
const sourcesMax = 16
const entriesMax = 256
/** Commands that change nothing that is measured. */
const harmless = new Set([
  ...['insmod', 'export', 'echo', 'terminal_input', 'terminal_output', 'serial', 'loadfont'],
  ...['true', 'play', 'clear', 'setparams', 'background_image', 'sleep'],
])

/**
 * Runs GRUB's built-in configuration and what it sources, on the EFI system partition alone, with
 * nobody at the keyboard: every command, file and command line that is measured, in order.
 *
 * What cannot be known beforehand (loops, functions, environment blocks, other file systems, unknown
 * commands) is refused, never guessed.
 *
 * @param folder where GRUB itself was loaded from, e.g. `EFI/BOOT`.
 * @throws {BootChainError} UNPREDICTABLE, FILE_NOT_FOUND, WOULD_NOT_BOOT.
 * @see GRUB 2.06, grub-core/script/execute.c, grub-core/commands/tpm.c
 */
export function runGrub(builtIn: GrubBuiltIn, disk: BootDisk, folder: string): GrubRun {
  const run = new Interpreter(builtIn, disk, folder)
  run.execute(parseGrubScript(builtIn.configuration))
  run.menu()
  return run.result()
}

interface MenuEntry {
  readonly title: string
  readonly id: string
  readonly source: string
}

class Interpreter {
  readonly #disk: BootDisk
  readonly #variables: Map<string, string>
  readonly #measured = new GrubMeasurements()
  readonly #files: GrubFiles
  readonly #entries: MenuEntry[] = []
  #kernel: BootFile | null = null
  #initrds: BootFile[] = []
  #commandLine = ''
  #booted = false
  #status = 0
  #steps = 0
  #sources = 0

  constructor(builtIn: GrubBuiltIn, disk: BootDisk, folder: string) {
    this.#disk = disk
    this.#files = new GrubFiles(disk, () => this.#variables.get('root') ?? '')
    this.#variables = new Map([
      ['root', disk.grubDevice],
      ['prefix', `(${disk.grubDevice})${builtIn.prefix}`],
      ['cmdpath', `(${disk.grubDevice})/${folder}`],
    ])
  }

  execute(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (this.#booted) return
      if (++this.#steps > statementsMax) throw unpredictable('script', 'too many steps')
      if (statement.kind === 'if') this.#if(statement)
      else this.#command(statement.words)
    }
  }

  /** Nobody presses a key: the default entry runs, then what it loaded is started. */
  menu(): void {
    if (this.#booted || this.#entries.length === 0) return
    const wanted = this.#variables.get('default') ?? '0'
    const entry = this.#entries.find(
      ({ title, id }, i) => wanted === String(i) || wanted === title || wanted === id,
    )
    if (entry === undefined) throw unpredictable(`default=${wanted}`, 'no such entry')
    this.execute(parseGrubScript(entry.source))
    if (this.#kernel !== null) this.#booted = true
  }

  result(): GrubRun {
    if (this.#kernel === null || !this.#booted)
      throw new BootChainError('WOULD_NOT_BOOT', 'GRUB', 'its configuration starts no kernel')
    return {
      measurements: this.#measured.list,
      kernel: this.#kernel,
      initrds: this.#initrds,
      commandLine: this.#commandLine,
    }
  }

  #if({ branches, otherwise }: Extract<Statement, { kind: 'if' }>): void {
    for (const { condition, body } of branches) {
      this.execute(condition)
      if (this.#status !== 0) continue
      this.execute(body)
      return
    }
    this.execute(otherwise)
  }

  #command(words: readonly Word[]): void {
    const line = words.flatMap((word) => expandWord(word, (name) => this.#value(name)))
    if (line.length === 0) return
    this.#measured.text('command', joinWords(line))
    const inverted = line[0] === '!'
    const [name, ...rest] = inverted ? line.slice(1) : line
    const status = this.#run(name ?? '', rest, words)
    this.#status = inverted ? Number(status === 0) : status
  }

  #run(name: string, words: readonly string[], raw: readonly Word[]): number {
    if (name === '[' || name === 'test')
      return this.#test(name === '[' ? words.slice(0, -1) : words)
    if (name === 'set') return words.length === 0 ? 0 : this.#set(words[0]!)
    if (/^[A-Za-z_]\w*=/.test(name)) return this.#set(name)
    if (name === 'unset') return this.#unset(words)
    if (name === 'false') return 1
    if (name === 'search') return this.#search(words)
    if (name === 'source' || name === '.' || name === 'configfile') return this.#source(name, words)
    if (name === 'linuxefi' || name === 'linux') return this.#linux(name, words)
    if (name === 'initrdefi' || name === 'initrd') return this.#initrd(words)
    if (name === 'menuentry') return this.#menuentry(words, raw)
    if (name === 'boot') return this.#boot()
    if (harmless.has(name)) return 0
    throw unpredictable(name, 'a command that is not foretold')
  }

  #value(name: string): string {
    if (name === '?') return String(this.#status)
    if (/^[0-9#@*]/.test(name)) throw unpredictable(`$${name}`, 'parameters are not foretold')
    return this.#variables.get(name) ?? ''
  }

  #set(assignment: string): number {
    const at = assignment.indexOf('=')
    if (at < 0) throw unpredictable(`set ${assignment}`, 'no value')
    this.#variables.set(assignment.slice(0, at), assignment.slice(at + 1))
    return 0
  }

  #unset(words: readonly string[]): number {
    for (const word of words) this.#variables.delete(word)
    return 0
  }

  #test(words: readonly string[]): number {
    return evaluateTest(words, this.#files) ? 0 : 1
  }

  #search(words: readonly string[]): number {
    const named = words.filter((word) => !word.startsWith('-'))
    const variable = words.find((word) => word.startsWith('--set'))?.split('=')[1] ?? 'root'
    if (!words.includes('--file') || named.length !== 1)
      throw unpredictable(`search ${words.join(' ')}`, 'only --file is foretold')
    if (this.#disk.find(named[0]!) === null) return 1
    return this.#set(`${variable}=${this.#disk.grubDevice}`)
  }

  #source(name: string, words: readonly string[]): number {
    if (words.length !== 1) throw unpredictable(name, 'not one file')
    const file = this.#files.open(words[0]!)
    if (file === null) return 1
    if (++this.#sources > sourcesMax) throw unpredictable(name, `more than ${sourcesMax} files`)
    this.#measured.file('configuration', words[0]!, file)
    if (name === 'configfile') this.#entries.length = 0
    this.execute(parseGrubScript(fromUtf8(file.bytes)))
    if (name === 'configfile') this.menu()
    return this.#status
  }

  #linux(name: string, words: readonly string[]): number {
    if (name === 'linux') throw unpredictable(name, 'only linuxefi is foretold')
    const file = words[0] === undefined ? null : this.#files.open(words[0])
    if (file === null) throw new BootChainError('FILE_NOT_FOUND', words[0] ?? name, 'the kernel')
    this.#measured.file('kernel', words[0]!, file)
    this.#kernel = file
    this.#initrds = []
    this.#commandLine = loaderCommandLine(words)
    this.#measured.text('command-line', this.#commandLine)
    return 0
  }

  #initrd(words: readonly string[]): number {
    for (const word of words) {
      if (this.#initrds.length >= initrdsMax) throw unpredictable('initrdefi', 'too many files')
      const file = this.#files.open(word)
      if (file === null) throw new BootChainError('FILE_NOT_FOUND', word, 'the initrd')
      this.#measured.file('initrd', word, file)
      this.#initrds.push(file)
    }
    return 0
  }

  #menuentry(words: readonly string[], raw: readonly Word[]): number {
    const block = raw.at(-1)
    if (block?.kind !== 'block' || words.length < 2) throw unpredictable('menuentry', 'no block')
    if (this.#entries.length >= entriesMax) throw unpredictable('menuentry', 'too many')
    const title = words[0]!
    const idAt = words.findIndex((word) => word === '--id' || word === '$menuentry_id_option')
    const source = `setparams '${title.replaceAll("'", "'\\''")}'\n${block.raw.slice(1, -1)}`
    this.#entries.push({ title, id: words[idAt + 1] ?? title, source })
    return 0
  }

  #boot(): number {
    if (this.#kernel !== null) this.#booted = true
    return this.#kernel === null ? 1 : 0
  }
}

function unpredictable(subject: string, reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', `GRUB: ${subject}`, reason)
}
