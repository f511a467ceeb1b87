import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ArmError, faults } from '@trusted-launch/api'
import { concat } from '@trusted-launch/codec'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { copyOf, guestStateOf, uploadOf } from '../domain/disk/access.ts'
import { uploadBytesIn } from '../domain/disk/upload.ts'
import { VHD_FOOTER_BYTES, vhdFooter } from '../domain/disk/vhd-footer.ts'
import type { SnapshotDriver } from '../domain/host/snapshots.ts'
import type { UploadDriver } from '../domain/host/uploads.ts'
import { SNAPSHOT } from '../domain/snapshot/snapshot.ts'
import type { Store } from '../domain/store.ts'
import {
  ACCESS_PATH,
  type Addressed,
  type AddressParams,
  addressed,
  requireSigned,
} from './access-address.ts'
import { type ByteRange, rangeIn, requireDigests } from './byte-range.ts'
import { LIMITS } from './limits.ts'
import { queryOf } from './request-of.ts'

/** What signs the addresses of disks' bytes, and where these come from. */
export interface AccessBytes {
  readonly key: Uint8Array
  readonly driver: UploadDriver & SnapshotDriver
  readonly store: Pick<Store, 'resources'>
  readonly now: () => number
}

type Asked = FastifyRequest<{ Params: AddressParams }>

/**
 * A disk's bytes by its address, as Azure's page blobs have them: GET of all or of a range, HEAD of its size, or of what
 * a range of at most 4 MiB hashes to, PUT of such a range. @see RFC 9110 §14, RFC 9530, Azure Storage "Put Page"
 */
export function addAccessRoutes(app: FastifyInstance, bytes: AccessBytes): void {
  const { key, store, now } = bytes
  const of = ({ params }: Asked) => addressed(store, params, now())
  // Before anything of a body is read.
  const onRequest = async ({ params, query }: Asked) =>
    requireSigned(key, params, queryOf(query), now())
  const route = { url: ACCESS_PATH, onRequest }
  app.route<{ Params: AddressParams }>({
    ...{ ...route, method: 'GET', exposeHeadRoute: false },
    handler: async (request, reply) => read(bytes, await of(request), request, reply),
  })
  app.route<{ Params: AddressParams }>({
    ...{ ...route, method: 'HEAD' },
    handler: async (request, reply) => describe(bytes, await of(request), request, reply),
  })
  app.route<{ Params: AddressParams }>({
    ...{ ...route, method: 'PUT', bodyLimit: LIMITS.pieceBytes },
    handler: async (request, reply) => write(bytes, await of(request), request, reply),
  })
}

async function read(
  bytes: AccessBytes,
  at: Addressed,
  request: Asked,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const size = await sizeOf(bytes, at)
  const range = rangeIn(request.headers, size)
  const { start, end } = range ?? { start: 0, end: size }
  headersOf(reply, at, size)
  if (range !== null) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${size}`)
  return reply
    .header('content-length', end - start)
    .type('application/octet-stream')
    .send(Readable.from(pieces(bytes, request.params, at, { start, end })))
}

/** Who ended the access ends what is under way. */
async function* pieces(
  bytes: AccessBytes,
  params: AddressParams,
  at: Addressed,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  for (let from = start; from < end; from += LIMITS.pieceBytes) {
    if (from > start) await addressed(bytes.store, params, bytes.now())
    yield await bytesOf(bytes, at, from, Math.min(LIMITS.pieceBytes, end - from))
  }
}

async function describe(
  bytes: AccessBytes,
  at: Addressed,
  request: Asked,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const size = await sizeOf(bytes, at)
  const range = rangeIn(request.headers, size)
  headersOf(reply, at, size)
  if (range !== null) {
    const length = range.end - range.start
    if (length > LIMITS.pieceBytes) throw new ArmError(faults.invalidParameter('x-ms-range'))
    const piece = await bytesOf(bytes, at, range.start, length)
    reply.header(
      'content-digest',
      `sha-256=:${createHash('sha256').update(piece).digest('base64')}:`,
    )
    reply.header('content-range', `bytes ${range.start}-${range.end - 1}/${size}`)
  }
  return reply.header('content-length', size).send()
}

async function write(
  { driver }: AccessBytes,
  { row, access, what }: Addressed,
  { body, headers }: Asked,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (access.level !== 'Write')
    throw new ArmError({
      status: 403,
      code: 'AuthorizationPermissionMismatch',
      message: 'This address was given for reading.',
    })
  if (!(body instanceof Uint8Array) || body.length === 0)
    throw new ArmError(faults.invalidRequestContent('application/octet-stream was expected'))
  requireDigests(headers, body)
  const isDisk = what === 'disk'
  const size = isDisk ? uploadBytesIn(row.properties) : body.length
  const { start, end } = rangeIn(headers, size) ?? { start: 0, end: size }
  if (end - start !== body.length)
    throw new ArmError({
      status: 400,
      code: 'InvalidPageRange',
      message: `The range has ${end - start} bytes, and ${body.length} were sent: x-ms-range: bytes=FIRST-LAST.`,
      target: 'x-ms-range',
    })
  await driver.writeUpload((isDisk ? uploadOf : guestStateOf)(row.id), body, start, size)
  return reply.code(201).send()
}

function headersOf(reply: FastifyReply, { access, row }: Addressed, size: number): void {
  // What is read stays as it is; what is written does not.
  if (access.level === 'Read') reply.header('etag', `"${access.id}"`)
  reply.headers({
    ...{ 'accept-ranges': 'bytes', 'x-ms-blob-type': 'PageBlob', 'cache-control': 'no-store' },
    'x-ms-blob-content-length': size,
    'last-modified': new Date(row.changedAt).toUTCString(),
  })
}

async function sizeOf({ driver }: AccessBytes, at: Addressed): Promise<number> {
  const { row, access, what } = at
  if (access.level === 'Write') return what === 'disk' ? uploadBytesIn(row.properties) : 0
  if (what === 'disk') return driver.snapshotBytes(readableOf(at))
  if (what === 'vhd') return (await driver.snapshotBytes(readableOf(at))) + VHD_FOOTER_BYTES
  return (await stateOf(driver, at)).length
}

async function bytesOf(
  { driver }: AccessBytes,
  at: Addressed,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const { row, access, what } = at
  if (what === 'guestState') return (await stateOf(driver, at)).subarray(offset, offset + length)
  if (access.level === 'Write') return driver.readUpload(uploadOf(row.id), offset, length)
  if (what === 'vhd') return vhdBytesOf(driver, at, offset, length)
  return driver.readSnapshot(readableOf(at), offset, length)
}

/** The disk's, and its footer's where they go beyond its end. */
async function vhdBytesOf(
  driver: SnapshotDriver,
  at: Addressed,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const [id, end] = [readableOf(at), offset + length]
  const size = await driver.snapshotBytes(id)
  const ofDisk = Math.max(0, Math.min(end, size) - offset)
  const disk = ofDisk > 0 ? await driver.readSnapshot(id, offset, ofDisk) : new Uint8Array(0)
  if (end <= size) return disk
  const footer = vhdFooter(size, at.access.id, at.row.createdAt)
  return concat(disk, footer.subarray(Math.max(0, offset - size), end - size))
}

async function stateOf(driver: UploadDriver & SnapshotDriver, at: Addressed): Promise<Uint8Array> {
  const sealed = at.access.level === 'Read' ? await driver.guestState(readableOf(at)) : null
  if (sealed !== null) return sealed
  throw new ArmError({
    status: 404,
    code: 'BlobNotFound',
    message: `${at.row.name} has no guest state here: no VM ever started from it.`,
  })
}

/** A snapshot never changes; of a disk there is a copy. */
function readableOf({ row }: Addressed): string {
  return row.type === SNAPSHOT ? row.id : copyOf(row.id)
}
