import { createHash } from 'node:crypto'

/** A name that is always the same for the same text. RFC 9562, version 8. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const [a, b, c, d] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16), hex.slice(17, 20)]
  return `${a}-${b}-8${c}-a${d}-${hex.slice(20, 32)}`
}
