import { toLatin1 } from '@trusted-launch/codec'
import { unpredictable } from './grub-errors.ts'
import { NOT_FOUND } from './grub-script.ts'
import type { GrubState } from './grub-state.ts'

const signature = '# GRUB Environment Block\n'
const subject = 'environment block'
const blockBytesMax = 64 << 10
/** Set by a boot or for one: with these on an image its first boot is not like the next. */
const ofOneBoot = new Set([
  'next_entry',
  'prev_saved_entry',
  'prev_entry',
  'recordfail',
  'initrdfail',
])
/** What Ubuntu has a boot keep: one that went well has it cleared again. */
const kept = new Set(['recordfail', 'initrdfail'])

/**
 * The variables of an environment block, as `grub-editenv` writes it.
 * @throws {BootChainError} UNPREDICTABLE: no such block, or one that is for one boot.
 * @see GRUB 2.06, grub-core/lib/envblk.c
 */
export function readEnvironment(block: Uint8Array): (readonly [name: string, value: string])[] {
  const text = block.length > blockBytesMax ? '' : toLatin1(block)
  if (!text.startsWith(signature)) throw unpredictable(subject, 'not one')
  const body = text.slice(signature.length).replace(/^#[^\n]*(?:\n|$)/gm, '')
  return body.split('\n').flatMap((line) => {
    if (line === '') return []
    const [, name, value] = /^([A-Za-z_]\w*)=([^\\\0]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw unpredictable(subject, 'a line that is no variable')
    if (ofOneBoot.has(name)) throw unpredictable(subject, `${name} is set, for one boot`)
    return [[name, value] as const]
  })
}

/** `load_env`: the variables of the block, or those that are named. */
export function loadEnvironment(state: GrubState, words: readonly string[]): number {
  if (words.some((word) => word.startsWith('-'))) throw unpredictable('load_env', 'options')
  const path = pathIn(state)
  const file = state.files.open(path)
  if (file === null) return NOT_FOUND
  if (state.environmentWritten) throw unpredictable(path, 'this boot may have written it')
  state.measureFile(path, file)
  for (const [name, value] of readEnvironment(file.bytes))
    if (words.length === 0 || words.includes(name)) state.set(name, value)
  return 0
}

/** `save_env`: the next boot reads and measures it. What is not set, and was not saved, changes nothing. */
export function saveEnvironment(state: GrubState, words: readonly string[]): null {
  const file = state.files.open(pathIn(state))
  const saved = new Map(file === null ? [] : readEnvironment(file.bytes))
  const changed = words.filter((word) => state.variables.isSet(word) || saved.has(word))
  const other = changed.find((word) => !kept.has(word))
  if (other !== undefined)
    throw unpredictable(`save_env ${other}`, 'the next boot differs from this one')
  state.environmentWritten ||= changed.length > 0
  return null
}

function pathIn({ variables }: GrubState): string {
  return `${variables.get('prefix')}/grubenv`
}
