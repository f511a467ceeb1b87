import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ArmError, faults } from '@trusted-launch/api'

/** `end` is not part of it. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const RANGE = /^bytes=(\d{1,16})-(\d{0,16})$/

/**
 * One range, of `x-ms-range`, or else `Range`; null: none is asked for. What goes beyond the end is cut there.
 * @throws {ArmError} 416: it begins beyond the end; 400: it is no such range.
 */
export function rangeIn(headers: IncomingHttpHeaders, size: number): ByteRange | null {
  const text = headers['x-ms-range'] ?? headers.range
  if (text === undefined) return null
  const [, first, last] = RANGE.exec(String(text)) ?? []
  if (first === undefined) throw new ArmError(faults.invalidParameter('x-ms-range'))
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (start < end) return { start, end }
  throw new ArmError({
    status: 416,
    code: 'InvalidRange',
    message: `The range specified is invalid for the current size of the resource: there are ${size} bytes.`,
    target: 'x-ms-range',
  })
}

/** What was sent is what its sender says that it hashes to, where they say it. @throws {ArmError} */
export function requireDigests(headers: IncomingHttpHeaders, bytes: Uint8Array): void {
  const hashed = (name: string) => createHash(name).update(bytes).digest('base64')
  const { 'content-md5': md5, 'content-digest': digest } = headers
  if (md5 !== undefined && md5 !== hashed('md5')) throw new ArmError(mismatch('Content-MD5'))
  const sha256 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):/.exec(String(digest ?? ''))?.[1]
  if (sha256 !== undefined && sha256 !== hashed('sha256'))
    throw new ArmError(mismatch('Content-Digest'))
}

function mismatch(header: string) {
  return {
    status: 400,
    code: 'ChecksumMismatch',
    message: `What arrived is not what ${header} says of it: nothing of it was written. Send it again.`,
    target: header,
  }
}
