import { createHash } from 'node:crypto'
import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import type { JsonObject, Principal } from '../../domain/store.ts'
import { hashSecret, newSecret } from '../../identity/secret.ts'
import { endSessions } from '../../identity/sessions.ts'
import { change } from '../change.ts'
import { entityTag, type VersionOf } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { pageOf } from '../page.ts'
import { requireInstallation } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

const TYPE = 'TrustedLaunch/principals'
const PATH = `/:scope/providers/${TYPE}`
const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const NAME = /^[\w.@+-]{1,256}$/
const DISPLAY_NAME_MAX = 256
const IDS_MAX = 200
const PASSWORD_MIN = 12
const PASSWORD_MAX = 1024
const MEMBERS = ['kind', 'signInName', 'displayName', 'disabled', 'password']

/**
 * Who may sign in at the built-in issuer: users with passwords, service principals with secrets that are made here
 * and shown once. What they may is told by role assignments to their names, which are object ids.
 */
export function principalRoutes(ground: Ground): Route[] {
  const route = routesOf(TYPE, requireInstallation)
  return [
    route('GET', PATH, 'read', (request) => list(ground, request)),
    route('GET', `${PATH}/:name`, 'read', (request) => get(ground, request)),
    route('PUT', `${PATH}/:name`, 'write', (request) => put(ground, request), { versionOf }),
    route('DELETE', `${PATH}/:name`, 'delete', (request) => remove(ground, request), { versionOf }),
    route('POST', `${PATH}/getByIds`, 'getByIds/action', (request) => named(ground, request)),
    route('POST', `${PATH}/:name/newSecret`, 'newSecret/action', (request) =>
      renew(ground, request),
    ),
  ]
}

function view({ id, kind, signInName, displayName, disabled, createdAt }: Principal): JsonObject {
  const createdOn = new Date(createdAt).toISOString()
  return {
    ...{ id: `/providers/${TYPE}/${id}`, name: id, type: TYPE },
    properties: { kind, signInName, displayName, disabled, createdOn },
  }
}

/** Of all that is kept of a principal; a new secret makes another one. */
const versionOf: VersionOf = async ({ principals }, { params }) => {
  const found = await principals.get(params.name!)
  return found === null ? null : { etag: etagOf(found) }
}

function etagOf(principal: Principal): string {
  return createHash('sha256').update(JSON.stringify(principal)).digest('hex').slice(0, 32)
}

function reply(status: number, principal: Principal): ArmReply {
  return {
    status,
    body: view(principal),
    headers: { ETag: entityTag({ etag: etagOf(principal) }) },
  }
}

function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  return pageOf(
    request,
    (after, limit) => store.principals.list({ limit, ...(after !== null && { after }) }),
    view,
  )
}

/**
 * What object ids and client ids stand for, as Microsoft Graph's `directoryObjects/getByIds` tells it: an id that is
 * nobody's is left out. Whoever has an id may learn the name, and nothing else.
 * @throws {ArmError} 400: no ids, or too many.
 */
async function named({ store }: Ground, { body }: ArmRequest): Promise<ArmReply> {
  const ids = body?.ids
  const isList = Array.isArray(ids) && ids.length <= IDS_MAX
  if (!isList || ids.some((id) => typeof id !== 'string' || !GUID.test(id)))
    refuse(faults.invalidParameter('ids'))
  const value: JsonObject[] = []
  for (const id of ids as string[]) {
    const { principals } = store
    const found = (await principals.get(id)) ?? (await principals.bySignInName(id))
    if (found !== null) value.push({ id, kind: found.kind, displayName: found.displayName })
  }
  return { status: 200, body: { value } }
}

async function required({ store }: Ground, request: ArmRequest): Promise<Principal> {
  const found = await store.principals.get(request.params.name!)
  if (found === null) throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return reply(200, await required(ground, request))
}

/** A PUT tells all but the password, which stays where none is given. */
async function put(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const name = request.params.name!
  if (!GUID.test(name)) refuse(faults.invalidParameter('principalName'))
  const { password, ...asked } = propertiesOf(request.body)
  if (asked.disabled && isSelf(request)) refuse(faults.operationNotAllowed(SELF))
  const newHash = password === null ? null : await hashSecret(password)
  return change(ground, request, async ({ principals, values }) => {
    const existing = await principals.get(name)
    if (existing !== null && existing.kind !== asked.kind) refuse(faults.invalidParameter('kind'))
    const named = await principals.bySignInName(asked.signInName)
    if (named !== null && keyOf(named.id) !== keyOf(name))
      refuse({ status: 409, code: 'Conflict', message: `Another is called '${asked.signInName}'.` })
    const secretHash = newHash ?? existing?.secretHash ?? null
    const createdAt = existing?.createdAt ?? ground.now()
    await principals.put({ ...asked, id: keyOf(name), secretHash, createdAt })
    if (asked.disabled) await endSessions(values, keyOf(name), ground.now())
    return reply(existing === null ? 201 : 200, (await principals.get(name))!)
  })
}

/** A service principal's new secret, shown this once; the former one is good no more. */
async function renew(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const principal = await required(ground, request)
  if (principal.kind !== 'service')
    refuse(faults.operationNotAllowed('A user has a password: PUT sets it.'))
  const secret = newSecret()
  const secretHash = await hashSecret(secret)
  return change(ground, request, async ({ principals, values }) => {
    const now = await principals.get(principal.id)
    if (now === null) refuse(faults.resourceNotFound(request.id))
    await principals.put({ ...now, secretHash })
    await ground.keepSecret({ values }, now.id, secret)
    return { status: 200, body: { clientId: now.signInName, secret } }
  })
}

async function remove(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  if (isSelf(request)) refuse(faults.operationNotAllowed(SELF))
  return change(ground, request, async ({ principals }) => ({
    status: (await principals.delete(request.params.name!)) ? 200 : 204,
  }))
}

const SELF = 'Nobody disables or deletes themselves: somebody else must, so that somebody is left.'

function isSelf({ caller, params }: ArmRequest): boolean {
  return keyOf(caller.objectId) === keyOf(params.name!)
}

interface Asked extends Pick<Principal, 'kind' | 'signInName' | 'displayName' | 'disabled'> {
  /** Null: as it was. */
  readonly password: string | null
}

function propertiesOf(body: JsonObject | null): Asked {
  const given = (body?.properties ?? {}) as JsonObject
  const { kind, signInName, displayName = signInName, disabled = false, password = null } = given
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name) && name !== 'createdOn')
  if (unknown !== undefined) refuse(faults.invalidParameter(`properties.${unknown.slice(0, 100)}`))
  if (kind !== 'user' && kind !== 'service') refuse(faults.invalidParameter('properties.kind'))
  if (typeof signInName !== 'string' || !NAME.test(signInName))
    refuse(faults.invalidParameter('properties.signInName'))
  if (typeof displayName !== 'string' || displayName.length > DISPLAY_NAME_MAX)
    refuse(faults.invalidParameter('properties.displayName'))
  if (typeof disabled !== 'boolean') refuse(faults.invalidParameter('properties.disabled'))
  if (password !== null && (kind !== 'user' || !isPassword(password)))
    refuse(faults.invalidParameter('properties.password'))
  return { kind, signInName, displayName, disabled, password: password as string | null }
}

function isPassword(value: unknown): boolean {
  return typeof value === 'string' && value.length >= PASSWORD_MIN && value.length <= PASSWORD_MAX
}

function refuse(fault: Fault): never {
  throw new ArmError(fault)
}
