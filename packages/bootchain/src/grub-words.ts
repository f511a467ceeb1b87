import { BootChainError } from './errors.ts'
import type { Word } from './grub-syntax.ts'

/** A word or a command line longer than this is refused: variables can double at every step. */
const lineCharsMax = 16 << 10

/** What unquoted text looks for names of files by. */
export const WILDCARD = /[*?]/

/**
 * The words that one word of a script becomes: quoted pieces stay whole, bare variables are split at
 * spaces, and a bare variable that is empty leaves no word. A block stays as it stands.
 * @throws {BootChainError} UNPREDICTABLE: longer than 16 KiB, or a wildcard.
 */
export function expandWord(word: Word, lookUp: (variable: string) => string): string[] {
  if (word.kind === 'block') return [bounded(word.raw)]
  const words: string[] = []
  let current: string | null = null
  for (const { kind, value, quoted } of word.fragments) {
    const text = kind === 'text' ? value : lookUp(value)
    if (!quoted && (kind === 'variable' ? /[*?\\]/ : WILDCARD).test(text))
      throw new BootChainError(
        'UNPREDICTABLE',
        `GRUB: ${text}`,
        'names of files that are looked for',
      )
    const parts = kind === 'text' || quoted ? [text] : text.split(/\s+/)
    for (const [i, part] of parts.entries()) {
      if (i > 0 && current !== null) words.push(current)
      if (i > 0) current = null
      if (part !== '' || kind === 'text' || quoted) current = bounded((current ?? '') + part)
    }
  }
  if (current !== null) words.push(current)
  return words
}

/** The text that is measured of a command. @throws {BootChainError} UNPREDICTABLE: over 16 KiB. */
export function joinWords(words: readonly string[]): string {
  return bounded(words.join(' '))
}

/** The command line as GRUB gives and measures it: words with spaces quoted, quotes escaped. */
export function loaderCommandLine(words: readonly string[]): string {
  return words
    .map((word) => {
      const escaped = word.replace(/[\\'"]/g, '\\$&')
      return word.includes(' ') ? `"${escaped}"` : escaped
    })
    .join(' ')
}

function bounded(text: string): string {
  if (text.length <= lineCharsMax) return text
  throw new BootChainError(
    'UNPREDICTABLE',
    'GRUB',
    `a line of more than ${lineCharsMax} characters`,
  )
}
