import { fromUtf8, MalformedError } from '@trusted-launch/codec'
import { parseJson, type Shape } from './json-shape.ts'

/**
 * JSON that people write by hand, of this shape. A name that stands twice in one object is refused:
 * `JSON.parse` takes the last one, and who reads the file may take the first.
 * @throws {MalformedError} as `parseJson`, and that.
 */
export function parseWritten<T>(bytes: Uint8Array, shape: Shape<T>, limits: { max: number }): T {
  return parseJson(
    bytes,
    (value) => {
      refuseRepeated(fromUtf8(bytes))
      return shape(value)
    },
    limits,
  )
}

/**
 * @param text valid JSON: a string before a colon is a name.
 * @throws {MalformedError} a name that stands twice in one object.
 */
export function refuseRepeated(text: string): void {
  const open: (Set<string> | null)[] = []
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length))
      const names = open.at(-1)!
      if (names?.has(name)) throw new MalformedError('', 0, `"${name.slice(0, 64)}" twice`)
      names?.add(name)
    }
  }
}
