import { ArmError, faults } from '@trusted-launch/api'
import { MalformedError } from '@trusted-launch/codec'
import { withinOf } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import {
  documentOf,
  type Place,
  putVersion,
  removeVersion,
  type Version,
  versionIn,
  versionsOf,
} from '../../domain/versioned.ts'
import { change } from '../change.ts'
import { entityTag } from '../conditions.ts'
import type { Ground } from '../ground.ts'
import { type List, pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

/** The document before and after; null: there was, or is, none. */
export interface VersionedChange {
  readonly before: JsonObject | null
  readonly after: JsonObject | null
}

/** A kind of document that extends scopes, and whose versions are kept. */
export interface VersionedKind {
  readonly type: string
  /** The types of what it may extend. */
  readonly scopes: readonly string[]
  /** The document as it is to be kept. @throws {MalformedError} with the path of what is wrong. @throws {ArmError} */
  check(document: unknown, name: string): object
  /** What else whoever asks must be allowed to. @throws {ArmError} 403 */
  requireRight?(
    ground: Ground,
    request: ArmRequest,
    before: JsonObject | null,
    after: JsonObject | null,
  ): Promise<void>
  /** What must hold around it, in the transaction. @throws {ArmError} */
  requireFit(tables: Tables, document: JsonObject, scope: Resource): Promise<void>
  /** What else follows from it, in the same transaction. */
  changed?(tables: Tables, change: VersionedChange, scope: Resource, time: number): Promise<void>
  /** @throws {ArmError} 409: others need it. */
  requireUnused(tables: Tables, row: Resource, scope: Resource): Promise<void>
  /** Those that are always there, by name. */
  readonly builtIn?: ReadonlyMap<string, JsonObject>
}

/** What it says of itself beside the document, and may be sent back. */
const TOLD = ['version', 'changedBy', 'changedOn', 'request', 'builtIn']

/** PUT, GET, DELETE, the list, and the history of a kind. */
export function versionedRoutes(kind: VersionedKind, ground: Ground): Route[] {
  const route = routesOf(kind.type)
  const { store } = ground
  const path = `/:scope/providers/${kind.type}`
  const one = `${path}/:name`
  return [
    route('GET', path, 'read', (request) => list(kind, ground, request)),
    route('GET', one, 'read', (request) => get(kind, ground, request)),
    route('PUT', one, 'write', (request) => put(kind, ground, request)),
    route('DELETE', one, 'delete', (request) => remove(kind, ground, request)),
    route('GET', `${one}/versions`, 'read', async (request) => {
      await requireScope(kind, store, request)
      const id = request.id.slice(0, request.id.lastIndexOf('/'))
      const all = await versionsOf(store, kind.type, id)
      if (all.length === 0) throw new ArmError(faults.resourceNotFound(request.id))
      return { status: 200, body: { value: all.map((each) => versionView(kind, id, each)) } }
    }),
  ]
}

/** At a scope; of a subscription or group those below it, too. */
async function list(kind: VersionedKind, { store }: Ground, request: ArmRequest) {
  const scope = await requireScope(kind, store, request)
  const of: List<Resource> = (after, limit) =>
    store.resources.list({
      ...{ ...withinOf(scope), type: kind.type, limit },
      ...(after !== null && { after }),
    })
  const { status, body } = await pageOf(request, of, (row) => view(kind, row))
  const { value, ...more } = body as { value: JsonObject[] }
  const isFirst = request.query.$skiptoken === undefined
  const always = [...(kind.builtIn ?? [])].map(([name, document]) =>
    builtInView(kind, `${request.id}/${name}`, document),
  )
  return { status, body: { value: [...(isFirst ? always : []), ...value], ...more } }
}

async function get(kind: VersionedKind, { store }: Ground, request: ArmRequest): Promise<ArmReply> {
  await requireScope(kind, store, request)
  const always = kind.builtIn?.get(request.params.name!.toLowerCase())
  if (always !== undefined) return { status: 200, body: builtInView(kind, request.id, always) }
  const row = await store.resources.get(request.id)
  if (row === null) throw new ArmError(faults.resourceNotFound(request.id))
  return { status: 200, body: view(kind, row), headers: { ETag: entityTag(row) } }
}

async function put(kind: VersionedKind, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const document = documentIn(kind, request)
  return change(ground, request, async (tables) => {
    const scope = await requireScope(kind, tables, request)
    await requireUnlocked(tables, request.id, 'write')
    const existing = await tables.resources.get(request.id)
    const before = existing === null ? null : versionIn(existing).document
    await kind.requireRight?.(ground, request, before, document)
    await kind.requireFit(tables, document, scope)
    const time = ground.now()
    const row = await putVersion(tables, placeOf(kind, request, scope), {
      ...{ document, ...whoIn(request), time },
    })
    await kind.changed?.(tables, { before, after: document }, scope, time)
    const status = existing === null ? 201 : 200
    return { status, body: view(kind, row), headers: { ETag: entityTag(row) } }
  })
}

async function remove(kind: VersionedKind, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  requireChangeable(kind, request)
  return change(ground, request, async (tables) => {
    const scope = await requireScope(kind, tables, request)
    const row = await tables.resources.get(request.id)
    if (row === null) return { status: 204 }
    await requireUnlocked(tables, request.id, 'delete')
    const before = versionIn(row).document
    await kind.requireRight?.(ground, request, before, null)
    await kind.requireUnused(tables, row, scope)
    const made = { ...whoIn(request), time: ground.now() }
    await removeVersion(tables, placeOf(kind, request, scope), made)
    await kind.changed?.(tables, { before, after: null }, scope, made.time)
    return { status: 200 }
  })
}

/** @throws {ArmError} 400, with the path of what is wrong. */
function documentIn(kind: VersionedKind, request: ArmRequest): JsonObject {
  requireChangeable(kind, request)
  const { document, ...more } = (request.body?.properties ?? {}) as JsonObject
  const unknown = Object.keys(more).find((name) => !TOLD.includes(name))
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter(`properties.${unknown}`))
  return readAs(() => documentOf(kind.check(document, request.params.name!)))
}

/** What a document's own reader refuses is the client's fault. @throws {ArmError} 400 */
export function readAs<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    const target = `properties.document${error.path.replace(/^\w+/, '')}`
    throw new ArmError({
      ...faults.invalidRequestContent(`${error.path}: ${error.reason}`),
      target,
    })
  }
}

function requireChangeable({ builtIn }: VersionedKind, { params: { name } }: ArmRequest): void {
  if (builtIn?.has(name!.toLowerCase()) === true)
    throw new ArmError(faults.operationNotAllowed(`'${name}' is built in, and stays as it is.`))
}

/** @throws {ArmError} 404: nothing that such a document extends. */
async function requireScope(
  { scopes }: VersionedKind,
  { resources }: Pick<Tables, 'resources'>,
  request: ArmRequest,
): Promise<Resource> {
  const found = await resources.get(request.params.scope!)
  if (found === null || !scopes.includes(found.type))
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

function placeOf({ type }: VersionedKind, { id }: ArmRequest, scope: Resource): Place {
  return { type, id, scope: scope.id }
}

function whoIn({ caller, correlationId: request }: ArmRequest): Pick<Version, 'by' | 'request'> {
  return { by: caller.name, request }
}

function view({ type }: VersionedKind, row: Resource): JsonObject {
  return { id: row.id, name: row.name, type, properties: propertiesOf(versionIn(row)) }
}

function builtInView({ type }: VersionedKind, id: string, document: JsonObject): JsonObject {
  return { id, name: id.split('/').at(-1)!, type, properties: { document, builtIn: true } }
}

function versionView({ type }: VersionedKind, of: string, one: Version): JsonObject {
  const name = String(one.version)
  const properties = { ...propertiesOf(one), isDeletion: one.document === null }
  return { id: `${of}/versions/${name}`, name, type: `${type}/versions`, properties }
}

function propertiesOf({ document, version, by, request, time }: Version): JsonObject {
  const changedOn = new Date(time).toISOString()
  return { document, version, changedBy: by, changedOn, request }
}
