/**
 * Templates are written by hand, and Azure's clients send them so: comments, texts over several lines, and a name without quotes
 * (`az` puts `template:` before the file). What comes out says the same in JSON; what is neither stays for the parser to refuse.
 * Takes time by the length of the text.
 */
export function plainJson(text: string): string {
  const parts: string[] = []
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at)
    parts.push(plain(text.slice(at, end), text, end))
    at = end
  }
  return parts.join('')
}

const NAME = /[A-Za-z_$][\w$]*/y
/** All that neither begins a text, nor a comment, nor a name. */
const OTHER = /[^"/A-Za-z_$]+/y

/** Where what begins there ends; always further on. */
function endOf(text: string, at: number): number {
  if (text[at] === '"') return endOfText(text, at)
  if (text.startsWith('//', at)) return positive(text.indexOf('\n', at), text.length)
  if (text.startsWith('/*', at)) return positive(text.indexOf('*/', at + 2) + 2, text.length)
  for (const kind of [NAME, OTHER]) {
    kind.lastIndex = at
    if (kind.test(text)) return kind.lastIndex
  }
  return at + 1
}

const positive = (end: number, otherwise: number) => (end <= 1 ? otherwise : end)

function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function plain(part: string, text: string, end: number): string {
  if (part.startsWith('"')) return part.replaceAll(/[\x00-\x1f]/g, escaped)
  // What separates stays separated.
  if (/^\/[/*]/.test(part)) return ' '
  return /^[A-Za-z_$]/.test(part) && isNameAt(text, end) ? `"${part}"` : part
}

const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

const COLON = /[ \t\r\n]{0,64}:/y

function isNameAt(text: string, end: number): boolean {
  COLON.lastIndex = end
  return COLON.test(text)
}
