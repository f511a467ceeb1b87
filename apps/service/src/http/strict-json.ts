import { ArmError, faults } from '@trusted-launch/api'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
/** Of JSON that was parsed already: a text, which is a name when a colon follows, or a bracket. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/gs

/**
 * A body as JSON: well-formed UTF-8, and no name twice in one object, of which every reader would take another one,
 * and no half of a character, which no other text can hold: it could be neither stored nor told.
 * @param plain makes JSON of what is written in another way.
 * @throws {ArmError} `InvalidRequestContent`
 * @see RFC 8259 §4, §8.1; RFC 7493 §2.1
 */
export function strictJson(
  body: Uint8Array,
  plain: (text: string) => string = (text) => text,
): unknown {
  if (body.length === 0) return null
  const text = plain(utf8Text(body))
  const value = parsed(text)
  refuseTexts(text)
  return value
}

function utf8Text(body: Uint8Array): string {
  try {
    return utf8.decode(body)
  } catch {
    return refuse('it is not UTF-8')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Where, and not what: the text itself may be secret.
    const where = /at position \d+/.exec((error as Error).message)?.[0] ?? 'at its end'
    return refuse(`it is not JSON ${where}`)
  }
}

/** An escape of what may be half a character: few texts have one. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/

/** `__proto__` is the name of none: what copies objects would take it for another thing. */
function refuseTexts(text: string): void {
  const open: Set<string>[] = []
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (ESCAPED_HALF.test(quoted!) && !(JSON.parse(quoted!) as string).isWellFormed())
      refuse('a text in it has half a character')
    else if (colon !== undefined) {
      const name = JSON.parse(quoted!) as string
      if (name === '__proto__' || open.at(-1)!.has(name))
        refuse(`the member '${name.slice(0, 100)}' is there twice, or none may be called so`)
      open.at(-1)!.add(name)
    }
  }
}

function refuse(why: string): never {
  throw new ArmError(faults.invalidRequestContent(why))
}
