import { isDeepStrictEqual } from 'node:util'
import { parseResourceId } from '@trusted-launch/api'
import { everyOf } from './every-of.ts'
import type { Json, JsonObject, Resource, Tables } from './store.ts'

/** A document that is only ever changed whole, by somebody: each of its versions stays to be read. */
export interface Version {
  /** 1, 2, 3 …; a document that was deleted and made again goes on counting. */
  readonly version: number
  /** Null: with this version it was deleted. */
  readonly document: JsonObject | null
  /** Who made it: what they are called, as it was then. */
  readonly by: string
  /** The correlation id of the request that made it. */
  readonly request: string
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Older ones go. */
export const VERSIONS_MAX = 100

/** The version in a row: of a document, or of its history. */
export function versionIn({ state }: Resource): Version {
  return state as unknown as Version
}

/** The versions of a document that are still kept, the newest first; of one that was deleted, too. */
export async function versionsOf(tables: Tables, type: string, id: string): Promise<Version[]> {
  const found: Version[] = []
  for await (const row of everyOf(tables, { type: `${type}/versions`, parentId: id }))
    found.push(versionIn(row))
  return found.sort((a, b) => b.version - a.version)
}

/** Where a document is, and what kind of one. */
export interface Place {
  /** `TrustedLaunch/policies` */
  readonly type: string
  readonly id: string
  /** The id of what it extends. */
  readonly scope: string
}

/** Keeps a document as its next version; the same again makes none. Part of a transaction. */
export async function putVersion(
  tables: Tables,
  place: Place,
  made: Omit<Version, 'version'>,
): Promise<Resource> {
  const { resources } = tables
  const existing = await resources.get(place.id)
  if (existing !== null && isDeepStrictEqual(versionIn(existing).document, made.document))
    return existing
  const state = await enter(tables, place, made)
  if (existing !== null) return resources.update(place.id, { state }, made.time)
  return resources.insert(rowOf(place, place.id, place.scope, place.type, state), made.time)
}

/** Its history stays, and says who deleted it. @returns whether there was one. Part of a transaction. */
export async function removeVersion(
  tables: Tables,
  place: Place,
  made: Omit<Version, 'version' | 'document'>,
): Promise<boolean> {
  if (!(await tables.resources.delete(place.id))) return false
  await enter(tables, place, { ...made, document: null })
  return true
}

async function enter(
  tables: Tables,
  place: Place,
  made: Omit<Version, 'version'>,
): Promise<JsonObject> {
  const { type, id } = place
  const versions = await versionsOf(tables, type, id)
  const version = (versions[0]?.version ?? 0) + 1
  const state = { version, ...made } satisfies Version as unknown as JsonObject
  const row = rowOf(place, `${id}/versions/${version}`, id, `${type}/versions`, state)
  await tables.resources.insert(row, made.time)
  for (const old of versions.slice(VERSIONS_MAX - 1))
    await tables.resources.delete(`${id}/versions/${old.version}`)
  return state
}

function rowOf(
  { scope }: Place,
  id: string,
  parentId: string,
  type: string,
  state: JsonObject,
): Omit<Resource, 'etag' | 'changedAt'> {
  const { subscriptionId, resourceGroup } = parseResourceId(scope)!
  return {
    ...{ id, type, parentId, state, name: id.split('/').at(-1)! },
    ...{ subscriptionId: subscriptionId!, resourceGroup, location: null, tags: {} },
    ...{ envelope: {}, properties: {}, provisioningState: 'Succeeded' },
    createdAt: Number(state.time),
  }
}

/** A checked document as it is kept: plain, nothing frozen, no member that is undefined. */
export function documentOf(checked: object): JsonObject {
  return JSON.parse(JSON.stringify(checked)) as Record<string, Json>
}
