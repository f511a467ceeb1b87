import { randomUUID } from 'node:crypto'
import { ArmError, checkBody, faults } from '@trusted-launch/api'
import {
  type Access,
  type AskedAccess,
  accessOf,
  askedAccess,
  isOpen,
  requireGuestState,
  withAccess,
} from '../../domain/disk/access.ts'
import { uploadStateOf } from '../../domain/disk/upload.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { accessedPointDisk } from '../../domain/snapshot/point-disk.ts'
import { DISK_POINT } from '../../domain/snapshot/restore-point.ts'
import { SNAPSHOT } from '../../domain/snapshot/snapshot.ts'
import type { JsonObject, Operation, Resource, Tables } from '../../domain/store.ts'
import { DISK } from '../../domain/vm/disk-row.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type AccessUris, addressesOf } from '../access-address.ts'
import { groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { DISK_POINT_PATH } from './disk-restore-points.ts'

/**
 * Addresses at which the bytes of a disk, of a snapshot, or of a disk of a restore point may be read or written without
 * a token, for a while.
 */
export function diskAccessRoutes(key: Uint8Array, ground: Ground): Route[] {
  return [DISK, SNAPSHOT, DISK_POINT].flatMap((type) => {
    const route = routesOf(type)
    const path = type === DISK_POINT ? DISK_POINT_PATH : groupPath(type)
    const data = { body: 'GrantAccessData', answer: 'AccessUri' }
    return [
      route('POST', `${path}/beginGetAccess`, 'beginGetAccess/action', grant(key, ground), data),
      route('POST', `${path}/endGetAccess`, 'endGetAccess/action', (each) => end(ground, each), {
        body: 'EndAccessData',
      }),
    ]
  })
}

interface Changed {
  readonly status: number
  readonly operation: Operation | null
  readonly body?: AccessUris
}

function grant(key: Uint8Array, ground: Ground) {
  return async (request: ArmRequest): Promise<ArmReply> => {
    const asked = askedAccess(request.body ?? {})
    const done = await change(ground, request, async (tables): Promise<Changed> => {
      const row = await changeable(tables, request, 'beginGetAccess')
      requireGrantable(row, asked)
      const at = ground.now()
      const former = accessOf(row)
      const isSame = isOpen(former, at) && former?.level === asked.level
      requireReady(row, isSame ? former : null)
      const access = accessFrom(asked, row, isSame ? former : null, at)
      await update(ground, tables, row, access)
      const body = addressesOf(key, request.base, row.id, access, asked.format)
      if (access.isReady) return { status: 200, operation: null, body }
      const input = { access: access.id, addresses: body as unknown as JsonObject }
      const work = { kind: 'disk.grant', input, host: ground.host }
      return { status: 202, operation: await begin(ground, tables, request, row, work) }
    })
    return replyOf(ground, request, done, true)
  }
}

/** The same bytes as long as it is open: again it lasts longer, and whoever was cut off goes on. */
function accessFrom(
  { level, guestState, seconds }: AskedAccess,
  row: Resource,
  former: Access | null,
  at: number,
): Access {
  const isCopied = level === 'Read' && row.type !== SNAPSHOT
  return {
    id: former?.id ?? randomUUID(),
    level,
    until: Math.max(former?.until ?? 0, at + seconds * 1000),
    guestState: guestState || (former?.guestState ?? false),
    isReady: former !== null || !isCopied,
  }
}

/** @throws {ArmError} */
function requireGrantable(row: Resource, { level, guestState }: AskedAccess): void {
  const { name, type } = row
  const isWaiting = uploadStateOf(row) === 'waiting'
  if (level === 'Write' && !isWaiting)
    throw new ArmError(
      faults.operationNotAllowed(
        type === DISK
          ? `Disk ${name} is not written by an address: only one is that was made with createOption 'Upload' or 'UploadPreparedSecure', until its bytes are there.`
          : `'${name}' is never written: it is of one moment.`,
        'access',
      ),
    )
  if (level === 'Read' && row.provisioningState !== 'Succeeded')
    throw new ArmError(
      faults.operationNotAllowed(
        isWaiting ? `Disk ${name} has no bytes yet.` : `${name} is not there yet.`,
      ),
    )
  if (!guestState) return
  requireGuestState(row)
  const option = textAt(row.properties, 'creationData', 'createOption')?.toLowerCase()
  if (level === 'Write' && option !== 'uploadpreparedsecure')
    throw new ArmError(
      faults.operationNotAllowed(
        `Disk ${name} takes no guest state: its createOption is not 'UploadPreparedSecure'.`,
        'getSecureVMGuestStateSAS',
      ),
    )
}

/** @throws {ArmError} */
function requireReady({ name }: Resource, former: Access | null): void {
  if (former !== null && !former.isReady)
    throw new ArmError(faults.operationNotAllowed(`Access to ${name} is being given already.`))
}

/** What was sent becomes the disk, what was copied to be read goes; where nothing is open nothing happens. */
async function end(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { sha256 = null } = checkBody('EndAccessData', request.body ?? {}) as JsonObject
  if (sha256 !== null && !/^[0-9a-f]{64}$/i.test(String(sha256)))
    throw new ArmError(faults.invalidParameter('sha256'))
  const done = await change(ground, request, async (tables): Promise<Changed> => {
    const row = await changeable(tables, request, 'endGetAccess')
    const access = accessOf(row)
    if (access === null) {
      if (row.type === DISK_POINT) await tables.resources.delete(row.id)
      return { status: 200, operation: null }
    }
    const isCopied = access.level === 'Read' && row.type !== SNAPSHOT
    // From now on the address leads nowhere; the record of the copy stays until that is gone.
    const over = { ...access, until: Math.min(access.until, ground.now()) }
    if (access.level === 'Write') {
      const state = { ...withAccess(row.state, null), upload: 'taken' }
      await tables.resources.update(row.id, { state }, ground.now())
    } else await update(ground, tables, row, isCopied ? over : null)
    if (access.level === 'Read' && !isCopied) return { status: 200, operation: null }
    const kind = isCopied ? 'disk.revoke' : 'disk.fill'
    const work = { kind, input: { sha256: sha256 as string | null }, host: ground.host }
    return { status: 202, operation: await begin(ground, tables, request, row, work) }
  })
  return replyOf(ground, request, done, false)
}

async function changeable(tables: Tables, request: ArmRequest, verb: string): Promise<Resource> {
  const id = request.id.slice(0, -verb.length - 1)
  const row = /\/diskRestorePoints\/[^/]+$/i.test(id)
    ? await accessedPointDisk(tables, id)
    : await requireResource(tables, request, id)
  await requireUnlocked(tables, id, 'write')
  if (row.provisioningState !== 'Deleting') return row
  throw new ArmError(faults.operationNotAllowed(`'${row.name}' is being deleted.`))
}

async function update(ground: Ground, tables: Tables, row: Resource, access: Access | null) {
  await tables.resources.update(row.id, { state: withAccess(row.state, access) }, ground.now())
}

function replyOf(
  ground: Ground,
  { base, apiVersion }: ArmRequest,
  { status, operation, body }: Changed,
  hasResult: boolean,
): ArmReply {
  const secret = { 'cache-control': 'no-store' }
  if (operation === null) return { status, ...(body !== undefined && { body }), headers: secret }
  ground.wake()
  return { status, headers: operationHeaders(base, operation, apiVersion, hasResult) }
}
