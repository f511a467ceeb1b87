import { BootChainError } from './errors.ts'

/** What `search` looks for, and the variable that is told its device. */
export interface GrubSearch {
  readonly by: 'file' | 'uuid'
  readonly key: string
  readonly variable: string
}

/**
 * `search --fs-uuid|--file --set[=VARIABLE] KEY`. Hints only say where to look first, and nothing is found twice
 * here. @throws {BootChainError} UNPREDICTABLE: anything else. @see GRUB 2.06, grub-core/commands/search_wrap.c
 */
export function parseSearch(words: readonly string[]): GrubSearch {
  let by: GrubSearch['by'] | null = null
  let isKnown = true
  let variable: string | null = null
  const keys: string[] = []
  for (const word of words) {
    if (word === '--fs-uuid' || word === '--file') by = word === '--file' ? 'file' : 'uuid'
    else if (/^--set(?:=|$)/.test(word)) variable = word.slice('--set='.length) || 'root'
    else if (!word.startsWith('-')) keys.push(word)
    else if (word !== '--no-floppy' && !/^--hint(?:-[a-z0-9]+)?=/.test(word)) isKnown = false
  }
  const [key, ...more] = keys
  if (!isKnown || by === null || variable === null || key === undefined || more.length > 0)
    throw new BootChainError('UNPREDICTABLE', `GRUB: search ${words.join(' ')}`, 'not foretold')
  return { by, key, variable }
}
