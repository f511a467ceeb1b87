import type { Json, JsonObject } from '../domain/store.ts'

/** JSON Merge Patch: objects member by member, anything else as it is; null removes. @see RFC 7396 */
export function merged(under: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...under }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else if (isObject(value))
      result[name] = merged(isObject(result[name]) ? result[name] : {}, value)
    else result[name] = value
  }
  return result
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
