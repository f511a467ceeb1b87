import { type Fault, keyOf, nameOf, parseResourceId } from '@trusted-launch/api'
import { HINTS_BY_CODE } from './hints-by-code.ts'
import { HINTS_BY_WORDS } from './hints-by-words.ts'

/** Azure's own pages tell of Azure, not of this installation. */
const ELSEWHERE = / ?For more (?:details|information)[^.]*https:\/\/aka\.ms\/[\w-]+\.?/g

/** A refusal's words, as far as they are about this installation. */
export function wordsOf({ message }: Fault): string {
  return message.replace(ELSEWHERE, '')
}

/** Whom a refusal is told to. */
export interface Told {
  /** The group that need not be named. */
  readonly ownGroup: string
  /** The id of the VM that was asked about last; null: none was. */
  readonly vm: string | null
}

/** What to type after a refusal; null: there is nothing better than its words. */
export function hintOn({ code, message }: Fault, { ownGroup, vm }: Told): string | null {
  const hint = hintFor(code, message, ownGroup)
  if (hint === null) return null
  return hint.replaceAll('{vm}', vm === null ? 'NAME' : asTyped(vm, ownGroup))
}

function hintFor(code: string, message: string, ownGroup: string): string | null {
  for (const [words, hint] of HINTS_BY_WORDS) {
    const found = words.exec(message)
    if (found !== null) return hint(...found.slice(1).map((one) => asTyped(one ?? '', ownGroup)))
  }
  return Object.hasOwn(HINTS_BY_CODE, code) ? HINTS_BY_CODE[code]! : null
}

/** A resource as a command takes it: an id by its name, and by its group where that is not meant anyway. */
function asTyped(text: string, ownGroup: string): string {
  const id = text.startsWith('/') ? parseResourceId(text) : null
  if (id === null || id.resourceGroup === null) return text
  const isOwn = keyOf(id.resourceGroup) === keyOf(ownGroup)
  return isOwn ? nameOf(id) : `${nameOf(id)} --group ${id.resourceGroup}`
}
