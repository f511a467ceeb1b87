import { createReadStream, createWriteStream } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { concat, toUtf8 } from '@trusted-launch/codec'
import { CryptoError, hmac, open, seal } from '@trusted-launch/crypto'
import { HostError } from './errors.ts'

const CHUNK_BYTES = 1 << 20
const TAG_BYTES = 16
const NONCE_BYTES = 12

/** A sealed file that was changed, cut short, or is another one. */
export class SealedFileError extends HostError<'sealed-file-refused'> {}

/** What a file is sealed for: another key or name opens nothing of it. */
export interface SealFor {
  /** 32 bytes; each name has a key of its own, made from it. */
  readonly key: Uint8Array
  readonly name: string
}

/**
 * Seals a file into another: AES-256-GCM in pieces of 1 MiB, numbered, and the last one marked, so that none is
 * changed, left out, moved or put after the end.
 */
export async function sealFile(
  from: string,
  to: string,
  as: SealFor,
  signal?: AbortSignal,
): Promise<void> {
  await write(createReadStream(from, { highWaterMark: CHUNK_BYTES }), to, as, signal)
}

/** The same of bytes. */
export async function sealBytes(bytes: Uint8Array, to: string, as: SealFor): Promise<void> {
  await write(Readable.from([bytes]), to, as)
}

/** @throws {SealedFileError} nothing of `to` is to be believed. */
export async function unsealFile(
  from: string,
  to: string,
  as: SealFor,
  signal?: AbortSignal,
): Promise<void> {
  const source = createReadStream(from, { highWaterMark: CHUNK_BYTES })
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(source, (bytes) => opened(bytes, as), target, { signal })
}

/** @param max how many bytes it may have. @throws {SealedFileError} */
export async function unsealBytes(from: string, max: number, as: SealFor): Promise<Uint8Array> {
  const file = await openFile(from, 'r')
  try {
    const { size } = await file.stat()
    if (size > max + (Math.ceil(max / CHUNK_BYTES) + 1) * TAG_BYTES) throw refused(as)
    const pieces: Uint8Array[] = []
    for await (const piece of opened(Readable.from([await file.readFile()]), as)) pieces.push(piece)
    return concat(...pieces)
  } finally {
    await file.close()
  }
}

async function write(source: Readable, to: string, as: SealFor, signal?: AbortSignal) {
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(source, (bytes) => sealed(bytes, as), target, { signal })
}

async function* sealed(bytes: AsyncIterable<Uint8Array>, as: SealFor) {
  let nth = 0
  for await (const { piece, isLast } of inPieces(bytes, CHUNK_BYTES))
    yield seal(parameters(as, nth++, isLast), piece)
}

async function* opened(bytes: AsyncIterable<Uint8Array>, as: SealFor) {
  let nth = 0
  for await (const { piece, isLast } of inPieces(bytes, CHUNK_BYTES + TAG_BYTES))
    try {
      yield open(parameters(as, nth++, isLast), piece)
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause
      throw refused(as, { cause })
    }
}

/** Pieces of that size, the last one of what is left, empty where there is nothing. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>, size: number) {
  let held: Uint8Array = new Uint8Array()
  for await (const chunk of bytes) {
    held = concat(held, chunk)
    for (; held.length > size; held = held.subarray(size))
      yield { piece: held.subarray(0, size), isLast: false }
  }
  yield { piece: held, isLast: true }
}

function parameters({ key, name }: SealFor, nth: number, isLast: boolean) {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setUint32(4, nth)
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0
  const associatedData = toUtf8(`trusted-launch sealed file 1\0${name}`)
  return { key: hmac('sha256', key, associatedData), nonce, associatedData }
}

function refused({ name }: SealFor, options?: ErrorOptions): SealedFileError {
  const message = `${name} was changed, cut short, or is another one`
  return new SealedFileError('sealed-file-refused', message, options)
}
