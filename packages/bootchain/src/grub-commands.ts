import { BootChainError } from './errors.ts'
import { loadEnvironment, saveEnvironment } from './grub-environment.ts'
import { unpredictable } from './grub-errors.ts'
import { type GrubStatus, NOT_FOUND } from './grub-script.ts'
import { parseSearch } from './grub-search.ts'
import type { GrubState } from './grub-state.ts'
import { evaluateTest } from './grub-test.ts'

type GrubCommand = (state: GrubState, words: readonly string[]) => GrubStatus

/** Commands that change nothing that is measured, and do not fail. */
const harmless = ['echo', 'true', 'clear', 'setparams', 'sleep', 'serial']
/** Those that may fail. */
const harmlessOrFailing = ['terminal_input', 'terminal_output', 'background_color']

/** GRUB's commands that change what it has, and not where it goes on. */
export const grubCommands: ReadonlyMap<string, GrubCommand> = new Map<string, GrubCommand>([
  ...harmless.map((name) => [name, () => 0] as const),
  ...harmlessOrFailing.map((name) => [name, () => null] as const),
  ['false', () => 1],
  ['[', (state, words) => test(state, words.slice(0, -1))],
  ['test', test],
  ['set', (state, words) => (words.length === 0 ? 0 : assign(state, words[0]!))],
  ['unset', unset],
  ['export', exportAll],
  ['search', search],
  ['search.fs_uuid', searchUuid],
  ['linuxefi', linuxefi],
  ['linux', linux],
  ['initrdefi', initrd],
  ['initrd', initrd],
  ['load_env', loadEnvironment],
  ['save_env', saveEnvironment],
  ['insmod', insmod],
  ['loadfont', loadfont],
  ['fwsetup', fwsetup],
])

/** `name=value`. @throws {BootChainError} */
export function assign(state: GrubState, assignment: string): number {
  const at = assignment.indexOf('=')
  if (at < 0) throw unpredictable(`set ${assignment}`, 'no value')
  state.set(assignment.slice(0, at), assignment.slice(at + 1))
  return 0
}

function unset({ variables }: GrubState, words: readonly string[]): number {
  for (const word of words) variables.unset(word)
  return 0
}

function exportAll({ variables }: GrubState, words: readonly string[]): number {
  for (const word of words) variables.export(word)
  return 0
}

/** `-s` opens its file, and what GRUB opens it measures. */
function test(state: GrubState, words: readonly string[]): number {
  const isFilled = (path: string) => {
    const file = state.files.open(path)
    if (file === null) return false
    if (state.environmentWritten) throw unpredictable(path, 'this boot may have written it')
    state.measureFile(path, file)
    return file.bytes.length > 0
  }
  const files = {
    exists: (path: string) => state.files.exists(path),
    isDirectory: (path: string) => state.files.isDirectory(path),
    isFilled,
  }
  return evaluateTest(words, files) ? 0 : 1
}

function search(state: GrubState, words: readonly string[]): number {
  const { by, key, variable } = parseSearch(words)
  const device = by === 'uuid' ? state.files.byUuid(key) : state.files.byFile(key)
  if (device === null) return NOT_FOUND
  const path = `(${device})${key}`
  if (by === 'file') state.measureFile(path, state.files.open(path)!)
  state.set(variable, device)
  return 0
}

function searchUuid(state: GrubState, words: readonly string[]): number {
  const set = words.slice(1, 2).map((each) => `--set=${each}`)
  return search(state, ['--fs-uuid', ...words.slice(0, 1), ...set])
}

function linuxefi({ loader }: GrubState, words: readonly string[]): number {
  loader.kernel(words)
  return 0
}

/** `linux` of a GRUB with Debian's `linuxefi` hands over to it, with Secure Boot on. */
function linux(state: GrubState, words: readonly string[]): number {
  if (!state.builtIn.modules.has('linuxefi'))
    throw unpredictable('linux', 'how this GRUB starts a kernel is not foretold')
  state.onlySecureBoot = true
  return linuxefi(state, words)
}

function initrd({ loader }: GrubState, words: readonly string[]): number {
  return loader.initrds(words)
}

/** Secure Boot keeps GRUB from loading modules: what is not built in is left out. */
function insmod(state: GrubState, [name]: readonly string[]): number | null {
  if (name === undefined || !/^\w+$/.test(name)) throw unpredictable('insmod', 'no module’s name')
  if (state.builtIn.modules.has(name)) return 0
  const path = `${state.variables.get('prefix')}/x86_64-efi/${name}.mod`
  if (state.files.exists(path)) state.onlySecureBoot = true
  return null
}

function loadfont({ builtIn }: GrubState, words: readonly string[]): number {
  const unknown = words.find((word) => !builtIn.fonts.has(word))
  if (unknown !== undefined)
    throw unpredictable(`loadfont ${unknown}`, 'a font that is not built in')
  return 0
}

/** OVMF says that it can. */
function fwsetup({ builtIn }: GrubState, words: readonly string[]): number {
  if (words.join(' ') === '--is-supported' && builtIn.asksForSetup) return 0
  throw new BootChainError('WOULD_NOT_BOOT', 'GRUB: fwsetup', 'it goes to the firmware’s setup')
}
