import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { BOOT_FILE_BYTES_MAX, type BootDisk, type BootFile } from './boot-disk.ts'
import { BootChainError } from './errors.ts'
import type { GrubRun } from './grub.ts'
import { FilesOfGrub } from './grub-folders.ts'
import type { GrubBuiltIn } from './grub-image.ts'
import type { GrubLoaded } from './grub-loader.ts'
import type { GrubMeasurement } from './grub-measurements.ts'
import { type GrubCommand, readCommands } from './grub-outline.ts'
import type { GrubVolume } from './grub-volumes.ts'
import { loaderCommandLine } from './grub-words.ts'

const kernelsMax = 16
/** With a kernel's command line no more than reference values may have of a register. */
const commandsMax = 4000
const starters = new Set(['linux', 'linuxefi'])
const initrdLoaders = new Set(['initrd', 'initrdefi'])

/** What may be started, before it is looked for. */
interface Start {
  readonly kernel: readonly string[]
  readonly initrds: readonly string[]
}

/**
 * What GRUB may do with this disk where its configuration cannot be followed: one run for each kernel that the
 * configuration starts, by the first entry that does, as grub-mkconfig writes it before those that repair. Measured is
 * then nothing but commands of its configuration, files of its folders, and that kernel with its initrd and command
 * line; in which order is not known. An entry whose command line is left to a variable is left out.
 * @throws {BootChainError} UNPREDICTABLE: it is no GRUB script or of more than 4,000 commands, nothing that it starts is found, or `linux` starts it
 *   without the module `linuxefi`.
 */
export function grubUnordered(builtIn: GrubBuiltIn, disk: BootDisk, folder: string): GrubRun[] {
  const files = new FilesOfGrub(disk)
  files.addFolders([folder, builtIn.prefix])
  const scripts = files.all.filter(({ path }) => path.endsWith('.cfg'))
  const texts = [builtIn.configuration, ...scripts.map(({ bytes }) => fromUtf8(bytes))]
  const commands: GrubCommand[] = []
  for (const text of texts) {
    for (const each of readCommands(text.replace(/^#.*(?:\n|$)/gm, ''))) commands.push(each)
    if (commands.length > commandsMax) throw unpredictable(`more than ${commandsMax} commands`)
  }
  for (const { words } of commands)
    if (words !== null && !isLoading(words[0])) for (const word of words) files.addNamed(word)
  const loaded = new Map<string, GrubLoaded>()
  for (const start of startsOf(commands, builtIn))
    for (const volume of disk.volumes) {
      const one = loadedFrom(disk, volume, start)
      if (one !== null && !loaded.has(one.kernel.path)) loaded.set(one.kernel.path, one)
    }
  if (loaded.size === 0) throw unpredictable('the kernel that it starts is not told')
  if (loaded.size > kernelsMax) throw unpredictable(`more than ${kernelsMax} kernels`)
  const shared = [
    ...commands.map(ofCommand),
    ...files.all.map((file) => ofFile('configuration', file)),
  ]
  return [...loaded.values()].map((one) => ({
    ...one,
    measurements: [...shared, ...ofLoaded(one)],
    ...{ isOrdered: false, onlySecureBoot: true },
  }))
}

const isLoading = (name = '') => starters.has(name) || initrdLoaders.has(name)

/** In the order of the configuration: a kernel, then its initrds. */
function startsOf(commands: readonly GrubCommand[], { modules }: GrubBuiltIn): Start[] {
  const starts: { kernel: readonly string[]; initrds: readonly string[] }[] = []
  let isOpen = false
  for (const { words } of commands) {
    const [name = '', ...rest] = words ?? ['']
    if (starters.has(name)) {
      if (name === 'linux' && !modules.has('linuxefi'))
        throw unpredictable('how this GRUB starts a kernel is not foretold')
      starts.push({ kernel: rest, initrds: [] })
      isOpen = true
    } else if (initrdLoaders.has(name) && isOpen) starts.at(-1)!.initrds = rest
    // Of a command with a variable it is not known whether it is one of these: none is taken for its kernel's.
    if (words === null) isOpen = false
  }
  return starts
}

/** Of one partition, all of it; null: not there. */
function loadedFrom(
  disk: BootDisk,
  [device, volume]: readonly [string, GrubVolume | null],
  { kernel, initrds }: Start,
): GrubLoaded | null {
  const open = (given: string): BootFile[] => {
    const [, wanted = device, path] = /^(?:\(([^)]*)\))?(.*)$/s.exec(given)!
    if (wanted !== device || path === '') return []
    const bytes = volume?.readFile(path!, BOOT_FILE_BYTES_MAX) ?? null
    const plain = path!.replace(/^\/+/, '')
    const told = device === disk.grubDevice ? plain : `(${device})/${plain}`
    return bytes === null ? [] : [{ path: told, bytes }]
  }
  const [found] = open(kernel[0] ?? '')
  const others = initrds.flatMap(open)
  if (found === undefined || others.length < initrds.length) return null
  return { kernel: found, initrds: others, commandLine: loaderCommandLine(kernel) }
}

function ofLoaded({ kernel, initrds, commandLine }: GrubLoaded): GrubMeasurement[] {
  return [
    ofFile('kernel', kernel),
    { pcr: 8, kind: 'command-line', text: commandLine, bytes: toUtf8(commandLine), path: null },
    ...initrds.map((file) => ofFile('initrd', file)),
  ]
}

function ofCommand({ text, words }: GrubCommand): GrubMeasurement {
  return { pcr: 8, kind: 'command', text, bytes: words === null ? null : toUtf8(text), path: null }
}

function ofFile(kind: 'configuration' | 'kernel' | 'initrd', { path, bytes }: BootFile) {
  return { pcr: 9, kind, text: path, bytes, path } as const
}

function unpredictable(reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', 'GRUB', reason)
}
