import { randomUUID } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import type { AlertEvent } from '@trusted-launch/posture'
import { DeliveryError } from '../../delivery/errors.ts'
import {
  alertEventOf,
  checkDestination,
  DESTINATION,
  DESTINATIONS_MAX,
  type DestinationAsked,
  destinationOf,
  isEnabled,
} from '../../domain/destinations.ts'
import { SUBSCRIPTION } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import type { DeadLetter, Json, JsonObject, Resource, Tables } from '../../domain/store.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { requireNewName } from '../new-name.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

const LETTERS_MAX = 1000

/** Where the alerts of a subscription are sent, how far each place has been told, and what it did not take. */
export function alertDestinationRoutes(ground: Ground): Route[] {
  const route = routesOf(DESTINATION)
  const path = `/:scope/providers/${DESTINATION}`
  const one = `${path}/:name`
  return [
    route('GET', path, 'read', (request) => list(ground, request)),
    route('GET', one, 'read', async (request) =>
      reply(ground, 200, await requireDestination(ground.store, request)),
    ),
    route('PUT', one, 'write', (request) => put(ground, request)),
    route('DELETE', one, 'delete', (request) => remove(ground, request)),
    route('POST', `${one}/test`, 'test/action', (request) => test(ground, request)),
    route('GET', `${one}/deadLetters`, 'deadLetters/read', (request) => letters(ground, request)),
    route('POST', `${one}/redeliver`, 'redeliver/action', (request) => redeliver(ground, request)),
  ]
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id: parentId } = await requireScope(store, request)
  return pageOf(
    request,
    (after, limit) =>
      store.resources.list({
        ...{ type: DESTINATION, parentId, limit },
        ...(after !== null && { after }),
      }),
    (row) => view(store, row),
  )
}

async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const asked = askedOf(ground, request)
  const { status, row } = await change(ground, request, async (tables) => {
    const scope = await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'write')
    const existing = await tables.resources.get(request.id)
    const row = existing === null ? await make(ground, tables, request, scope, asked) : null
    return {
      status: existing === null ? 201 : 200,
      row: row ?? (await altered(ground, tables, existing!, asked)),
    }
  })
  ground.delivery.wake()
  return reply(ground, status, row)
}

/** @throws {ArmError} 400: not a destination, or one that the operator has no room for. */
function askedOf({ delivery }: Ground, { body }: ArmRequest): DestinationAsked {
  try {
    const asked = checkDestination((body?.properties ?? {}) as JsonObject)
    if (asked.destination.kind === 'file' && delivery.rules.filesIn === null)
      throw new ArmError(
        faults.invalidRequestContent(
          'its operator has named no folder for files of alerts: tl up --alert-files DIR',
        ),
      )
    return asked
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new ArmError(faults.invalidRequestContent(error.message))
  }
}

/** It is told of what comes after it. */
async function make(
  { delivery, now }: Ground,
  tables: Tables,
  { id, params }: ArmRequest,
  { id: parentId, subscriptionId }: Resource,
  { destination, isEnabled, secret }: DestinationAsked,
): Promise<Resource> {
  requireNewName(DESTINATION, params.name!)
  if ((await tables.resources.count({ type: DESTINATION, parentId })) >= DESTINATIONS_MAX)
    throw new ArmError(
      faults.operationNotAllowed(
        `A subscription has at most ${DESTINATIONS_MAX} destinations of alerts.`,
      ),
    )
  if (destination.kind === 'webhook' && secret === null)
    throw new ArmError(faults.invalidRequestContent('AlertDestination.secret: it is missing'))
  if (secret !== null) await delivery.keepSecret(tables, id, secret)
  await tables.deliveries.put(untold(id, (await tables.events.ends()).last))
  const properties = { destination: destination as unknown as Json, isEnabled }
  return tables.resources.insert(
    {
      ...{ id, type: DESTINATION, name: params.name!, parentId, subscriptionId, properties },
      ...{ resourceGroup: null, location: null, tags: {}, envelope: {}, state: {} },
      ...{ provisioningState: 'Succeeded', createdAt: now() },
    },
    now(),
  )
}

/** What waits is sent to where it is now. While it was off, nothing was for it. */
async function altered(
  { delivery, now }: Ground,
  tables: Tables,
  existing: Resource,
  { destination, isEnabled: isOn, secret }: DestinationAsked,
): Promise<Resource> {
  const { id } = existing
  const isOther = destinationOf(existing).kind !== destination.kind
  if (isOther)
    throw new ArmError(
      faults.operationNotAllowed('What kind of destination it is does not change: make another.'),
    )
  if (secret !== null) await delivery.keepSecret(tables, id, secret)
  const before = (await tables.deliveries.get(id)) ?? untold(id, 0)
  const isBack = isOn && !isEnabled(existing)
  const cursor = isBack ? (await tables.events.ends()).last : before.cursor
  await tables.deliveries.put({ ...before, cursor, attempts: 0, nextAt: 0, error: null })
  const properties = { destination: destination as unknown as Json, isEnabled: isOn }
  return tables.resources.update(id, { properties }, now())
}

function untold(destinationId: string, cursor: number) {
  return {
    ...{ destinationId, cursor, attempts: 0, nextAt: 0, error: null },
    ...{ delivered: 0, deliveredAt: null, lost: 0 },
  }
}

async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    await requireScope(tables, request)
    await requireUnlocked(tables, request.id, 'delete')
    await tables.deliveries.delete(request.id)
    await ground.delivery.keepSecret(tables, request.id, null)
    return { status: (await tables.resources.delete(request.id)) ? 200 : 204 }
  })
}

/** A marked sample is sent at once; what came of it is the answer. */
async function test({ store, delivery, now }: Ground, request: ArmRequest): Promise<ArmReply> {
  const row = await requireDestination(store, request)
  const begun = performance.now()
  try {
    await delivery.send(row.id, destinationOf(row), sampleEvent(row.subscriptionId, now()))
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    const { code, message } = error
    return { status: 200, body: { delivered: false, error: { code, message } } }
  }
  return { status: 200, body: { delivered: true, ms: Math.round(performance.now() - begun) } }
}

function sampleEvent(subscriptionId: string, time: number): AlertEvent {
  const vm = `/subscriptions/${subscriptionId}/resourceGroups/sample/providers/Microsoft.Compute/virtualMachines/sample`
  const alertId = `/subscriptions/${subscriptionId}/providers/Microsoft.Security/locations/sample/alerts/sample`
  return {
    ...{ id: randomUUID(), sequence: 0, time, what: 'raised', name: 'sample', alertId },
    sample: true,
    alert: {
      ...{ type: 'VM_GuestAttestationFailure', cause: 'drift', vm, severity: 'medium' },
      ...{ state: 'Active', summary: 'This is a sample: nothing happened.', components: [] },
      ...{ findings: [], firstSeen: time, lastSeen: time, count: 1, isPresent: false },
      ...{ evidence: null, changedBy: null, reason: null },
    },
  }
}

async function letters({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id } = await requireDestination(store, request)
  const after = Number(request.query.after ?? 0)
  if (!Number.isSafeInteger(after)) throw new ArmError(faults.invalidParameter('after'))
  const found = await store.deliveries.letters(id, { after, limit: LETTERS_MAX })
  return { status: 200, body: { value: found.map(letterView) } }
}

/** `sequence`: of one dead letter; all of them without. */
async function redeliver(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { sequence = null } = request.body ?? {}
  if (sequence !== null && !Number.isSafeInteger(sequence))
    throw new ArmError(faults.invalidParameter('sequence'))
  const { count } = await change(ground, request, async (tables) => {
    const { id } = await requireDestination(tables, request)
    return { status: 202, count: await tables.deliveries.sendAgain(id, sequence as number | null) }
  })
  ground.delivery.wake()
  return { status: 202, body: { count } }
}

function letterView({ event, at, why, again }: DeadLetter): JsonObject {
  const told = alertEventOf(event)
  return {
    ...{ sequence: event.sequence, time: new Date(event.at).toISOString() },
    ...{ givenUp: new Date(at).toISOString(), why, isToBeSentAgain: again },
    event: told as unknown as Json,
  }
}

/** The resource of the path. @throws {ArmError} 404 */
async function requireDestination(tables: Tables, request: ArmRequest): Promise<Resource> {
  await requireScope(tables, request)
  const { scope, name } = request.params
  const id = `${scope}/providers/${DESTINATION}/${name}`
  const found = await tables.resources.get(id)
  if (found === null) throw new ArmError(faults.resourceNotFound(id))
  return found
}

/** @throws {ArmError} 404: no subscription. */
async function requireScope(tables: Tables, request: ArmRequest): Promise<Resource> {
  const found = await tables.resources.get(request.params.scope!)
  if (found === null || found.type !== SUBSCRIPTION)
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

async function reply({ store }: Ground, status: number, row: Resource): Promise<ArmReply> {
  return { status, body: await view(store, row), headers: { ETag: entityTag(row) } }
}

/** The secret is never shown. */
async function view({ deliveries, events }: Tables, row: Resource): Promise<JsonObject> {
  const { id, name, subscriptionId } = row
  const delivery = (await deliveries.get(id)) ?? untold(id, 0)
  const { cursor, delivered, deliveredAt, error, attempts, nextAt, lost } = delivery
  const isOn = isEnabled(row)
  const waiting = await events.count({ after: cursor, subscriptionId, kind: 'alert' })
  const { ca, ...destination } = destinationOf(row) as unknown as JsonObject
  return {
    ...{ id, name, type: DESTINATION },
    properties: {
      ...destination,
      ...(ca !== undefined && ca !== null && { ca }),
      state: isOn ? 'Enabled' : 'Disabled',
      status: {
        ...{ delivered, lost, waiting: isOn ? waiting : 0 },
        deadLetters: await deliveries.countLetters(id),
        ...(deliveredAt !== null && { lastDelivered: new Date(deliveredAt).toISOString() }),
        ...(error !== null && { error, attempts, nextTry: new Date(nextAt).toISOString() }),
      },
    },
  }
}
