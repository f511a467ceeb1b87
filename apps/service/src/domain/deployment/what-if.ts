import { ArmError } from '@trusted-launch/api'
import type { Plan, PlannedResource } from '@trusted-launch/template'
import type { Json, JsonObject } from '../store.ts'
import type { Inside } from './inside.ts'
import type { DeploymentRecord } from './record.ts'

const STATE_VERSION = '2026-04-01'

/**
 * What a deployment would make, change and delete, each resource held against what is there. It compares what the
 * template says: what a resource has beside it stays, and is no change. Secure values are stars on both sides
 * of it, and what waits for another resource is shown as its expression.
 *
 * @param isShort ids alone.
 */
export async function whatIf(
  inside: Inside,
  plan: Plan,
  record: DeploymentRecord,
  deletes: readonly string[],
  isShort: boolean,
): Promise<JsonObject[]> {
  const changes: JsonObject[] = []
  for (const one of plan.resources) {
    const before = await stateOf(inside, record, one.id, one.apiVersion)
    changes.push(isShort ? short(one, before) : changeOf(one, before))
  }
  for (const id of deletes) {
    const before = isShort ? null : await stateOf(inside, record, id, STATE_VERSION)
    changes.push({ resourceId: id, changeType: 'Delete', ...(before !== null && { before }) })
  }
  return changes
}

/** Null: it is not there. @throws {ArmError} who asks may not see it. */
async function stateOf(
  inside: Inside,
  record: DeploymentRecord,
  path: string,
  apiVersion: string,
): Promise<JsonObject | null> {
  try {
    return (await inside.ask({ method: 'GET', path, apiVersion, body: null }, record)).body
  } catch (error) {
    if (error instanceof ArmError && error.fault.status === 404) return null
    throw error
  }
}

const short = ({ id }: PlannedResource, before: JsonObject | null): JsonObject => ({
  ...{ resourceId: id, changeType: before === null ? 'Create' : 'Deploy' },
})

function changeOf(
  { id, type, name, apiVersion, shown }: PlannedResource,
  before: JsonObject | null,
) {
  const after: JsonObject = { id, type, name, apiVersion, ...(shown as JsonObject) }
  if (before === null) return { resourceId: id, changeType: 'Create', after }
  const delta = deltaOf(before, shown as JsonObject, '')
  const changeType = delta.length === 0 ? 'NoChange' : 'Modify'
  return { resourceId: id, changeType, before, after, delta }
}

/** Members that the template names and that are another there. Names are the same in any case of letters. */
function deltaOf(before: JsonObject, after: JsonObject, path: string): JsonObject[] {
  return Object.entries(after).flatMap(([name, wanted]) => {
    const at = path === '' ? name : `${path}.${name}`
    return differenceOf(memberOf(before, name), wanted, at)
  })
}

function differenceOf(found: Json | undefined, wanted: Json, path: string): JsonObject[] {
  if (wanted === null || isUnknown(wanted)) return []
  if (found === undefined || found === null)
    return [{ path, propertyChangeType: 'Create', after: wanted }]
  if (isObject(found) && isObject(wanted)) return deltaOf(found, wanted, path)
  if (Array.isArray(found) && Array.isArray(wanted)) {
    if (found.length === wanted.length)
      return wanted.flatMap((one, i) => differenceOf(found[i], one, `${path}[${i}]`))
    return [{ path, propertyChangeType: 'Array', before: found, after: wanted, children: [] }]
  }
  const isSame = path.startsWith('tags.') ? found === wanted : isAlike(found, wanted)
  if (isSame) return []
  return [{ path, propertyChangeType: 'Modify', before: found, after: wanted }]
}

/** Ids and words of a kind are the same in any case of letters. */
const isAlike = (found: Json, wanted: Json) =>
  String(found).toLowerCase() === String(wanted).toLowerCase()

/** What is not known before the deployment, or not shown. */
const isUnknown = (value: Json) =>
  typeof value === 'string' && (/^\[(?!\[).*\]$/s.test(value) || value.includes('*******'))

function memberOf(object: JsonObject, name: string): Json | undefined {
  const found = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : object[found]
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
