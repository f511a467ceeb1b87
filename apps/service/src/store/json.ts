import type { Json, JsonObject } from '../domain/store.ts'

/** A JSON column. What stands in one was written by `toJson`. */
export function fromJson<T = JsonObject>(text: string): T {
  return JSON.parse(text) as T
}

export function toJson(value: Json): string {
  return JSON.stringify(value)
}
