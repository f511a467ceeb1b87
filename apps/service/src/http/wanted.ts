import { checkBody } from '@trusted-launch/api'
import type { Wanted } from '../domain/resource-type.ts'
import type { JsonObject } from '../domain/store.ts'
import { merged } from './merge.ts'
import { requireTags } from './tags.ts'

/** A body of a type, checked and sorted: what is the resource's frame, what its properties. @throws {ArmError} */
export function wantedOf(type: string, body: JsonObject): Wanted {
  const { location, tags, properties, ...rest } = checkBody(type, body) as JsonObject
  const { id: _, ...envelope } = rest
  return {
    location: typeof location === 'string' ? location : null,
    tags:
      tags === undefined
        ? null
        : requireTags(merged({}, (tags ?? {}) as JsonObject) as Record<string, string>),
    envelope,
    properties: (properties ?? {}) as JsonObject,
  }
}
