import { fieldTable } from '@trusted-launch/api'
import type { JsonObject, Resource, Tables } from '../domain/store.ts'
import type { ArmType } from './arm-type.ts'
import { entityTag } from './conditions.ts'
import type { ArmRequest } from './route.ts'

/** What a resource looks like from outside. */
export async function viewOf(
  arm: ArmType,
  resource: Resource,
  request: ArmRequest,
  there: Pick<Tables, 'resources'>,
): Promise<JsonObject> {
  const { id, name, type, location, tags, envelope } = resource
  const hasTag = fieldTable(arm.models.PUT)?.etag !== undefined
  return {
    ...{ id, name, type },
    ...(location !== null && { location }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...envelope,
    ...arm.beside?.(resource),
    ...(hasTag && { etag: entityTag(resource) }),
    properties: await arm.view(resource, request, there),
  }
}
