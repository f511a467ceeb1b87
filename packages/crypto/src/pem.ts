import { MalformedError, toLatin1 } from '@trusted-launch/codec'
import { fromBase64url } from './base64url.ts'

/** One block of a PEM text. */
export interface PemBlock {
  /** What the text says it is: `CERTIFICATE`, `PUBLIC KEY`. */
  readonly label: string
  readonly der: Uint8Array
}

const pemBytesMax = 1 << 20
const begin = '-----BEGIN '

/** Whether bytes are a PEM text rather than DER: a block begins somewhere in them. */
export function isPem(bytes: Uint8Array): boolean {
  return toLatin1(bytes.subarray(0, pemBytesMax)).includes(begin)
}

/**
 * The blocks of a PEM text, in order; what stands between them is not looked at.
 * @param bytes at most 1 MiB.
 * @throws {MalformedError} no block, one without its end, or what is no base64 in one.
 * @see RFC 7468
 */
export function decodePem(bytes: Uint8Array): PemBlock[] {
  if (bytes.length > pemBytesMax) throw new MalformedError('PEM', pemBytesMax, 'too long')
  const text = toLatin1(bytes)
  const blocks: PemBlock[] = []
  for (let at = text.indexOf(begin); at >= 0; ) {
    const label = /^[A-Z0-9 ]{1,64}(?=-----)/.exec(text.slice(at + begin.length, at + 96))?.[0]
    const start = at + begin.length + (label ?? '').length + 5
    const end = text.indexOf(`-----END ${label}-----`, start)
    if (label === undefined || end < 0) throw new MalformedError('PEM', at, 'a block with no end')
    blocks.push({ label, der: fromBase64(text.slice(start, end), start) })
    at = text.indexOf(begin, end)
  }
  if (blocks.length === 0) throw new MalformedError('PEM', 0, 'no block')
  return blocks
}

/** Base64 of RFC 4648, section 4, on lines, with its padding. */
function fromBase64(text: string, at: number): Uint8Array {
  const body = text.replace(/[ \t\r\n]/g, '')
  const bare = body.replace(/={1,2}$/, '')
  if (body.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(bare))
    throw new MalformedError('PEM', at, 'no base64')
  return fromBase64url(bare.replaceAll('+', '-').replaceAll('/', '_'))
}

/** A block as text, 64 characters a line. RFC 7468, 2. */
export function formatPem({ label, der }: PemBlock): string {
  const text = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64')
  const lines = text.replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
