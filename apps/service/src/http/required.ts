import { ArmError, faults, parseResourceId } from '@trusted-launch/api'
import { isSameLocation } from '../catalogue/regions.ts'
import { requireGroup } from '../domain/groups.ts'
import type { Resource, Tables } from '../domain/store.ts'
import type { Ground } from './ground.ts'
import type { ArmRequest } from './route.ts'

/** The resource a request names. @throws {ArmError} `ResourceGroupNotFound`, `ResourceNotFound` */
export async function requireResource(
  tables: Tables,
  request: ArmRequest,
  id = request.id,
): Promise<Resource> {
  const parsed = parseResourceId(id)
  if (parsed === null) throw new ArmError(faults.resourceNotFound(id))
  const { subscriptionId, resourceGroup } = parsed
  if (resourceGroup !== null) await requireGroup(tables, subscriptionId!, resourceGroup)
  const found = await tables.resources.get(id)
  if (found === null) throw new ArmError(faults.resourceNotFound(id))
  return found
}

/** The location is the one that is served, and never changes. @throws {ArmError} */
export function requireLocation(
  type: string,
  ground: Ground,
  location: string | null,
  existing: Resource | null,
): void {
  if (location === null)
    throw new ArmError({
      status: 400,
      code: 'LocationRequired',
      message: 'The location property is required for this definition.',
    })
  if (!isSameLocation(location, ground.location))
    throw new ArmError(faults.locationNotAvailable(location, type, [ground.location]))
  if (existing !== null && !isSameLocation(existing.location ?? '', location))
    throw new ArmError({
      status: 409,
      code: 'InvalidResourceLocation',
      message: `The resource '${existing.name}' already exists in location '${existing.location}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    })
}

/** What is the installation's own lies at no scope but `/`: a right somewhere below gives none there. @throws {ArmError} `ResourceNotFound` */
export function requireInstallation({ params, id }: ArmRequest): void {
  if (params.scope !== '/') throw new ArmError(faults.resourceNotFound(id))
}
