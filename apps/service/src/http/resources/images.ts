import { ArmError, faults } from '@trusted-launch/api'
import { BINDING, bindingLinks, bindingPlanner } from '../../domain/image/binding.ts'
import { IMAGE, imagePlanner, keptOf, requireUnused } from '../../domain/image/image.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { uploadId } from '../../domain/sources.ts'
import type { JsonObject } from '../../domain/store.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

/** Managed images: somebody's disk, taken from an upload or an allowed host. */
export const imageTypeOf = (rules: VmRules): ArmType => ({
  ...{ type: IMAGE, path: groupPath(IMAGE), models: { PUT: 'Image', PATCH: 'ImageUpdate' } },
  plan: imagePlanner(rules),
  planDelete: async (image, { tables }) => {
    await requireUnused(tables, image)
    return { kind: 'image.delete', input: {}, host: rules.host }
  },
  view: ({ properties, provisioningState }) => ({ ...properties, provisioningState }),
})

/** Names of the marketplace that mean an image here. */
export const bindingTypeOf = (rules: VmRules): ArmType => ({
  ...{ type: BINDING, path: `/subscriptions/:subscriptionId/providers/${BINDING}/:name` },
  ...{ models: { PUT: 'ImageBinding', PATCH: null }, isHere: true },
  plan: bindingPlanner(rules),
  links: bindingLinks,
  view: ({ properties, provisioningState }) => ({ ...properties, provisioningState }),
})

const UPLOAD = 'TrustedLaunch/uploads'

/** What a file is before it is an image or disk, and what was found when an image was looked at. */
export function imageRoutes(rules: VmRules, ground: Ground): Route[] {
  return [
    {
      ...{
        method: 'PUT',
        path: groupPath(UPLOAD),
        action: `${UPLOAD}/write`,
        isPiece: true,
        versionOf: null,
      },
      handle: (request) => writePiece(rules, ground, request),
    },
    {
      ...{ method: 'DELETE', path: groupPath(UPLOAD), action: `${UPLOAD}/delete`, versionOf: null },
      handle: (request) => removeUpload(rules, ground, request),
    },
    {
      ...{ method: 'GET', action: `${IMAGE}/read` },
      path: '/:scope/providers/TrustedLaunch/report',
      handle: (request) => report(ground, request),
    },
  ]
}

/** `?offset=…&size=…`: a piece of a file of that size. */
async function writePiece(
  rules: VmRules,
  ground: Ground,
  { bytes, params, query, id }: ArmRequest,
): Promise<ArmReply> {
  if (bytes === null)
    throw new ArmError(faults.invalidRequestContent('application/octet-stream was expected'))
  const group = await ground.store.resources.get(id.split('/providers/')[0]!)
  if (group === null) throw new ArmError(faults.resourceGroupNotFound(params.resourceGroup!))
  await requireUnlocked(ground.store, id, 'write')
  if (!/^[\w.-]{1,80}$/.test(params.name!)) throw new ArmError(faults.invalidParameter('name'))
  const [offset, size] = [query.offset, query.size].map((text) =>
    /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN,
  )
  await rules.writeUpload(uploadId(group.id, params.name!), bytes, offset!, size!)
  return { status: 201, body: { uri: `upload:${params.name}` } }
}

/** The file goes once the audit has it that it was to go. */
async function removeUpload(
  rules: VmRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const [group, name] = request.id.split(`/providers/${UPLOAD}/`)
  const done = await change(ground, request, async (tables) => {
    await requireUnlocked(tables, request.id, 'delete')
    return { status: 200 }
  })
  await rules.forgetSource({ kind: 'upload', id: uploadId(group!, name!) })
  return done
}

async function report(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const image = await requireResource(ground.store, request, request.params.scope!)
  const kept = keptOf(image)
  if (kept === null) throw new ArmError(faults.resourceNotFound(request.id))
  return { status: 200, body: kept as unknown as JsonObject }
}
