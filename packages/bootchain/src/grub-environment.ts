import { toLatin1 } from '@trusted-launch/codec'
import { BootChainError } from './errors.ts'

const signature = '# GRUB Environment Block\n'
const blockBytesMax = 64 << 10
/** Set by a boot or for one: with these on an image its first boot is not like the next. */
const ofOneBoot = new Set([
  'next_entry',
  'prev_saved_entry',
  'prev_entry',
  'recordfail',
  'initrdfail',
])

/**
 * The variables of an environment block, as `grub-editenv` writes it.
 * @throws {BootChainError} UNPREDICTABLE: no such block, or one that is for one boot.
 * @see GRUB 2.06, grub-core/lib/envblk.c
 */
export function readEnvironment(block: Uint8Array): (readonly [name: string, value: string])[] {
  const text = block.length > blockBytesMax ? '' : toLatin1(block)
  if (!text.startsWith(signature)) throw unpredictable('not one')
  const body = text.slice(signature.length).replace(/^#[^\n]*(?:\n|$)/gm, '')
  return body.split('\n').flatMap((line) => {
    if (line === '') return []
    const [, name, value] = /^([A-Za-z_]\w*)=([^\\\0]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw unpredictable('a line that is no variable')
    if (ofOneBoot.has(name)) throw unpredictable(`${name} is set, for one boot`)
    return [[name, value] as const]
  })
}

function unpredictable(reason: string): BootChainError {
  return new BootChainError('UNPREDICTABLE', 'GRUB: environment block', reason)
}
