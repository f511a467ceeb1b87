import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Output } from '../output.ts'
import type { Connection } from './connection.ts'
import { waited } from './progress.ts'

const PIECE_BYTES = 4 << 20
/** Of each access; asked for again it lasts as long again. */
const ACCESS_SECONDS = 6 * 60 * 60
const zeros = Buffer.alloc(PIECE_BYTES)

/** Addresses at which a disk's bytes may be read or written. */
export interface Addresses {
  readonly accessSAS: string
  readonly securityDataAccessSAS?: string
}

/** Asks for access; what is read is copied first. @throws {ArmError} */
export async function grantAccess(
  connection: Connection,
  path: string,
  access: 'Read' | 'Write',
  guestState: boolean,
  output: Output,
): Promise<Addresses> {
  const { client } = connection
  const asked = await client.ask('POST', `${path}/beginGetAccess`, {
    ...{ access, durationInSeconds: ACCESS_SECONDS },
    ...(access === 'Read' && { fileFormat: 'Raw' }),
    ...(guestState && { getSecureVMGuestStateSAS: true }),
  })
  if (asked.operationUrl === null) return asked.body as unknown as Addresses
  await waited(connection, 'copying it to be read', asked.operationUrl, output)
  return (await client.get(asked.resultUrl!)) as unknown as Addresses
}

/** Ends access; what was sent becomes the disk then. @throws {ArmError} it is none, or hashes to something else. */
export async function endAccess(
  connection: Connection,
  path: string,
  title: string,
  output: Output,
  sha256?: string,
): Promise<void> {
  const body = sha256 === undefined ? {} : { sha256 }
  const { operationUrl } = await connection.client.ask('POST', `${path}/endGetAccess`, body)
  if (operationUrl !== null) await waited(connection, title, operationUrl, output)
}

/**
 * Sends a file in pieces, each with its hash; what is there already is not sent again.
 * @param isNew nothing is there: what is zeros is left out unasked.
 * @returns what the whole hashes to.
 */
export async function sendPieces(
  connection: Connection,
  url: string,
  path: string,
  isNew: boolean,
  tell: (percent: number) => void,
): Promise<string> {
  const whole = createHash('sha256')
  const file = await open(path)
  try {
    const { size } = await file.stat()
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const buffer = Buffer.alloc(Math.min(PIECE_BYTES, size - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead < buffer.length) throw new Error(`${path} became shorter while it was sent`)
      whole.update(buffer)
      // The first one always: of what there is nothing of no disk is made.
      const isThere = isNew
        ? at > 0 && isZeros(buffer)
        : (await hashAt(connection, url, at, buffer.length)) === hashOf(buffer)
      if (!isThere || (at === 0 && isZeros(buffer)))
        await connection.ofSigned(url, {
          ...{ method: 'PUT', body: buffer },
          headers: {
            'content-type': 'application/octet-stream',
            'content-digest': hashOf(buffer),
            'x-ms-range': rangeOf(at, buffer.length),
          },
        })
      tell(percentOf(at + buffer.length, size))
    }
    return whole.digest('hex')
  } finally {
    await file.close()
  }
}

/**
 * Writes a disk's bytes to a file, what is zeros as holes; what the file has already of them is not asked for again.
 * @param hasSome whether it has any.
 */
export async function receivePieces(
  connection: Connection,
  url: string,
  path: string,
  hasSome: boolean,
  tell: (percent: number) => void,
): Promise<number> {
  const { headers } = await connection.ofSigned(url, { method: 'HEAD', headers: {} })
  const size = Number(headers.get('x-ms-blob-content-length'))
  const file = await open(path, hasSome ? 'r+' : 'w', 0o600)
  try {
    await file.truncate(size)
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, size - at)
      const had = Buffer.alloc(length)
      if (hasSome) await file.read(had, 0, length, at)
      const hash = await hashAt(connection, url, at, length)
      if (hash !== hashOf(had)) {
        const piece = await pieceAt(connection, url, at, length)
        if (hashOf(piece) !== hash) throw new Error('what arrived is not what was sent: again')
        await file.write(piece, 0, length, at)
      }
      tell(percentOf(at + length, size))
    }
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

async function pieceAt(connection: Connection, url: string, at: number, length: number) {
  const range = { 'x-ms-range': rangeOf(at, length) }
  const answer = await connection.ofSigned(url, { method: 'GET', headers: range })
  return new Uint8Array(await answer.arrayBuffer())
}

/** What a piece there hashes to. */
async function hashAt(connection: Connection, url: string, at: number, length: number) {
  const range = { 'x-ms-range': rangeOf(at, length) }
  const answer = await connection.ofSigned(url, { method: 'HEAD', headers: range })
  return answer.headers.get('content-digest')
}

/** @see RFC 9530 */
function hashOf(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

function rangeOf(at: number, length: number): string {
  return `bytes=${at}-${at + length - 1}`
}

function isZeros(bytes: Buffer): boolean {
  return bytes.equals(zeros.subarray(0, bytes.length))
}

function percentOf(done: number, size: number): number {
  return Math.floor((100 * done) / size)
}
