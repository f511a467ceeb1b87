import { ArmError, faults, keyOf } from '@trusted-launch/api'
import {
  DISK_POINT,
  POINT,
  type PointDisk,
  pointStateOf,
} from '../../domain/snapshot/restore-point.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { groupPath } from '../arm-type.ts'
import type { Ground } from '../ground.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

const COLLECTION_PATH = `${groupPath(POINT)}/diskRestorePoints`
/** Where one lies. */
export const DISK_POINT_PATH = `${COLLECTION_PATH}/:disk`

/** The disks of a restore point: named as resources, made and gone with it. */
export function diskRestorePointRoutes({ store }: Ground): Route[] {
  const route = routesOf(DISK_POINT)
  return [
    route('GET', COLLECTION_PATH, 'read', async (request): Promise<ArmReply> => {
      const point = await pointOf(store, request)
      return {
        status: 200,
        body: { value: pointStateOf(point).disks.map((one) => view(point, one)) },
      }
    }),
    route('GET', DISK_POINT_PATH, 'read', async (request): Promise<ArmReply> => {
      const point = await pointOf(store, request)
      const name = request.params.disk!
      const disk = pointStateOf(point).disks.find((one) => keyOf(one.name) === keyOf(name))
      if (disk === undefined) throw new ArmError(faults.resourceNotFound(request.id))
      return { status: 200, body: view(point, disk) }
    }),
  ]
}

function pointOf(store: Ground['store'], request: ArmRequest): Promise<Resource> {
  return requireResource(store, request, request.id.replace(/\/diskRestorePoints(\/[^/]*)?$/i, ''))
}

function view(point: Resource, { name, diskId, carried }: PointDisk): JsonObject {
  const isDone = point.provisioningState === 'Succeeded'
  return {
    ...{ id: `${point.id}/diskRestorePoints/${name}`, name, type: DISK_POINT },
    properties: {
      ...carried,
      timeCreated: new Date(point.createdAt).toISOString(),
      sourceResourceId: diskId,
      sourceResourceLocation: textAt(pointStateOf(point).sourceMetadata, 'location'),
      completionPercent: isDone ? 100 : 0,
    },
  }
}
