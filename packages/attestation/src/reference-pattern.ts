import type { ReferenceEvent } from './reference-variant.ts'

/** A variable, as a configuration of GRUB has it, with the space before it, which goes where it is empty. */
const VARIABLE = /( ?)\$\{[^}]*\}/

/** Whether an event is known by its text alone: a command with `${…}` where the configuration leaves it to a variable. */
export function isPattern({ digests }: Pick<ReferenceEvent, 'digests'>): boolean {
  return Object.keys(digests).length === 0
}

/** Why a text is no pattern; null: it is one. Which command it is is never left to a variable. */
export function faultOfPattern(text: string): string | null {
  return /^([^$ ]+( |$)|[A-Za-z_]\w*=)/.test(text) ? null : 'a command that is left to a variable'
}

/**
 * Whether a command is one of a pattern: what stands between its variables is there, in order, and nothing else is before
 * the first and after the last. Of several ways to read it the first counts. Takes time by the length of both.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const pieces = pattern.split(VARIABLE)
  // By turns: literal text, the space that a variable swallows.
  const [head = '', ...rest] = pieces
  if (!text.startsWith(head)) return false
  if (rest.length === 0) return text.length === head.length
  let at = head.length
  for (let i = 0; i < rest.length; i += 2) {
    const [space, literal] = [rest[i]!, rest[i + 1]!]
    const isLast = i + 2 >= rest.length
    const next = isLast ? text.length - literal.length : text.indexOf(literal, at)
    if (next < at || !text.startsWith(literal, next)) return false
    const value = text.slice(at, next)
    if (value !== '' && space !== '' && !value.startsWith(space)) return false
    at = next + literal.length
  }
  return true
}
