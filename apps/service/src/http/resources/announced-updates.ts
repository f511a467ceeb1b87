import { ArmError, faults } from '@trusted-launch/api'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { GROUP } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import {
  ANNOUNCED_MS_MAX,
  ANNOUNCED_UPDATE,
  ANNOUNCEMENTS_MAX,
  type AnnouncedDigests,
  type Announcement,
  announcementIn,
  checkDigests,
  removeAnnouncement,
  stateOfAnnouncement,
  valueOfAnnouncement,
} from '../../domain/references/announced.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { stateOf, VM } from '../../domain/vm/vm.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { madeAt } from './extending.ts'
import { requireScopeOf } from './reference-values.ts'

const TEXT_MAX = 1000
const IMAGE_MAX = 128

/** Updates that somebody says will come, before they do: with their digests approved by that, without only awaited. */
export function announcedUpdateRoutes(ground: Ground): Route[] {
  const route = routesOf(ANNOUNCED_UPDATE)
  const path = `/:scope/providers/${ANNOUNCED_UPDATE}`
  return [
    route('GET', path, 'read', async (request) => {
      const { id } = await requireScopeOf(ground.store, request)
      return pageOf(request, madeAt(ground, ANNOUNCED_UPDATE, id), view)
    }),
    route('GET', `${path}/:name`, 'read', async (request) => {
      await requireScopeOf(ground.store, request)
      const found = await ground.store.resources.get(request.id)
      if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
      return { status: 200, body: view(found) }
    }),
    route('PUT', `${path}/:name`, 'write', (request) => put(ground, request)),
    route('DELETE', `${path}/:name`, 'delete', (request) =>
      change(ground, request, async (tables) => {
        const { id } = await requireScopeOf(tables, request)
        await requireUnlocked(tables, id, 'delete')
        const row = await tables.resources.get(request.id)
        return { status: row !== null && (await removeAnnouncement(tables, row)) ? 200 : 204 }
      }),
    ),
  ]
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const time = ground.now()
  return change(ground, request, async (tables) => {
    const scope = await requireScopeOf(tables, request)
    if (scope.type === GROUP) throw new ArmError(faults.invalidParameter('scope'))
    await requireUnlocked(tables, scope.id, 'write')
    const { announcement, digests } = announcementOf(request, scope, time)
    const former = await tables.resources.get(request.id)
    if (former !== null) await removeAnnouncement(tables, former)
    await makeRoom(tables, scope.id, time)
    if (digests !== null)
      await tables.values.put(valueOfAnnouncement(request.id), toUtf8(JSON.stringify(digests)))
    const row = await tables.resources.insert(rowOf(request, scope, announcement, time), time)
    return { status: former === null ? 201 : 200, body: view(row) }
  })
}

/** @throws {ArmError} 400 */
function announcementOf(
  { body, caller, correlationId }: ArmRequest,
  scope: Resource,
  now: number,
): { announcement: Announcement; digests: AnnouncedDigests | null } {
  const { reason, from, until, image = null, digests = null, ...more } = properties(body)
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter(unknown))
  const start = from === undefined ? now : timeOf(from, 'from')
  const end = timeOf(until, 'until')
  if (end <= start || end - Math.min(start, now) > ANNOUNCED_MS_MAX)
    throw new ArmError(faults.invalidParameter('until'))
  if (image !== null && (typeof image !== 'string' || image.length > IMAGE_MAX))
    throw new ArmError(faults.invalidParameter('image'))
  const announcement: Announcement = {
    ...{ reason: textOf(reason), from: start, until: end, image, hasDigests: digests !== null },
    vmId: scope.type === VM ? stateOf(scope).vmId : null,
    ...{ by: caller.name, request: correlationId },
  }
  return { announcement, digests: digests === null ? null : checked(digests) }
}

function properties(body: JsonObject | null): JsonObject {
  const given = body?.properties
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return given as JsonObject
  throw new ArmError(faults.missingParameter('properties'))
}

function textOf(reason: unknown): string {
  if (reason === undefined) throw new ArmError(faults.missingParameter('reason'))
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= TEXT_MAX) return reason
  throw new ArmError(faults.invalidParameter('reason'))
}

function timeOf(value: unknown, name: string): number {
  if (value === undefined) throw new ArmError(faults.missingParameter(name))
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw new ArmError(faults.invalidParameter(name))
  return time
}

function checked(digests: unknown): AnnouncedDigests {
  try {
    return checkDigests(digests)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ArmError(faults.invalidRequestContent(error.message))
  }
}

/** Those that ended make room. @throws {ArmError} 409 */
async function makeRoom(tables: Tables, parentId: string, now: number): Promise<void> {
  const limit = ANNOUNCEMENTS_MAX
  const rows = await tables.resources.list({ type: ANNOUNCED_UPDATE, parentId, limit })
  if (rows.length < limit) return
  const over = rows.filter((row) => announcementIn(row).until <= now)
  for (const row of over) await removeAnnouncement(tables, row)
  if (over.length > 0) return
  const message = `There are ${limit} announced updates at '${parentId}', as many as there may be. Delete those that came.`
  throw new ArmError(faults.operationNotAllowed(message))
}

function rowOf(
  { id, params }: ArmRequest,
  { id: parentId, subscriptionId, resourceGroup }: Resource,
  announcement: Announcement,
  createdAt: number,
): Omit<Resource, 'etag' | 'changedAt'> {
  return {
    ...{ id, type: ANNOUNCED_UPDATE, name: params.name!, parentId, subscriptionId, resourceGroup },
    ...{ location: null, tags: {}, envelope: {}, properties: {}, createdAt },
    ...{ state: stateOfAnnouncement(announcement), provisioningState: 'Succeeded' },
  }
}

function view(row: Resource): JsonObject {
  const { from, until, vmId: _, by, ...rest } = announcementIn(row)
  const [start, end] = [from, until].map((time) => new Date(time).toISOString())
  return {
    ...{ id: row.id, name: row.name, type: ANNOUNCED_UPDATE },
    properties: { ...rest, announcedBy: by, from: start!, until: end! },
  }
}
