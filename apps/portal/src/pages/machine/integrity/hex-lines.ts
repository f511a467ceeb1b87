const LINE_BYTES = 16

/** Bytes in hexadecimal as people read them: offset, sixteen bytes, and those that are letters. */
export function hexLines(hex: string): string {
  const lines: string[] = []
  for (let at = 0; at < hex.length; at += 2 * LINE_BYTES) {
    const bytes = hex.slice(at, at + 2 * LINE_BYTES).match(/../g) ?? []
    const text = bytes.map(characterOf).join('')
    const offset = (at / 2).toString(16).padStart(6, '0')
    lines.push(`${offset}  ${bytes.join(' ').padEnd(3 * LINE_BYTES)} ${text}`)
  }
  return lines.join('\n')
}

function characterOf(byte: string): string {
  const code = Number.parseInt(byte, 16)
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.'
}
