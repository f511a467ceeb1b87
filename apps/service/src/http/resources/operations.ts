import { ArmError, faults } from '@trusted-launch/api'
import { requireSubscription } from '../../domain/groups.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationReply, operationView, resultReply } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

const LOCATIONS = '/subscriptions/:subscriptionId/providers/Microsoft.Compute/locations/:location'
/** What leaves all as it was when it is cancelled. */
const CANCELLABLE: readonly string[] = [
  ...['vm.create', 'vm.reimage', 'image.put', 'disk.fill', 'whatIf'],
]
const OWN = '/:scope/providers/TrustedLaunch/operations'

/** What clients poll, and what the portal and `tl operation` list. */
export function operationRoutes(ground: Ground): Route[] {
  const path = `${LOCATIONS}/operations/:operationId`
  const action = 'Microsoft.Compute/locations/operations/read'
  return [
    {
      method: 'GET',
      path,
      action,
      handle: async (request) => {
        const operation = await require(ground, request)
        return request.query.monitor === 'true'
          ? resultReply(operation, request.caller)
          : operationReply(operation)
      },
    },
    {
      method: 'GET',
      path: OWN,
      action: 'TrustedLaunch/operations/read',
      handle: (request) => list(ground, request),
    },
    {
      method: 'POST',
      path: `${OWN}/:operationId/cancel`,
      action: 'TrustedLaunch/operations/cancel/action',
      handle: (request) => cancel(ground, request),
    },
  ]
}

async function require({ store }: Ground, { params, id }: ArmRequest) {
  const found = await store.operations.get(params.operationId!)
  if (found !== null && found.subscriptionId.toLowerCase() === subscriptionIn(params).toLowerCase())
    return found
  throw new ArmError(faults.resourceNotFound(id.replace(/\/cancel$/i, '')))
}

async function list({ store }: Ground, request: ArmRequest): Promise<ArmReply> {
  const subscriptionId = subscriptionIn(request.params)
  await requireSubscription(store, subscriptionId)
  const unfinished = request.query.unfinished === 'true'
  return pageOf(
    request,
    (after, limit) =>
      store.operations.list({
        subscriptionId,
        unfinished,
        limit,
        ...(after !== null && { after }),
      }),
    ({ kind, resourceId, ...operation }) => ({
      ...operationView({ kind, resourceId, ...operation }),
      kind,
      resourceId,
    }),
  )
}

/** Asks it to be undone where it still can be: what it answers in the end tells. */
async function cancel(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const operation = await require(ground, request)
  if (!CANCELLABLE.includes(operation.kind))
    throw new ArmError(
      faults.operationNotAllowed(
        `Only the making of an image or a disk, of a virtual machine until it boots, a reimage until its virtual machine is stopped, and what is only tried can be cancelled; this is ${operation.kind}.`,
      ),
    )
  await change(ground, request, async ({ operations }) => {
    if (!(await operations.requestCancel(operation.id)))
      throw new ArmError(
        faults.operationNotAllowed('The operation is over and cannot be cancelled.'),
      )
    return { status: 202, operation }
  })
  ground.wake()
  return { status: 202, headers: { 'Retry-After': '1' } }
}

/** Ours extend a subscription; Azure's lie in a location of one. */
function subscriptionIn({ subscriptionId, scope = '' }: ArmRequest['params']): string {
  return subscriptionId ?? /^\/subscriptions\/([^/]+)$/i.exec(scope)?.[1] ?? ''
}
