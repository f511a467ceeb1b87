import { ArmError, faults, parseResourceId, typeOf } from '@trusted-launch/api'
import { isMachine } from '../../domain/machines.ts'
import type { Resource } from '../../domain/store.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

/** Whether a VM runs, in Azure's words. */
export function healthRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'GET',
      path: '/:scope/providers/Microsoft.ResourceHealth/availabilityStatuses/current',
      action: 'Microsoft.ResourceHealth/availabilityStatuses/read',
      handle: (request) => health(ground, request),
    },
  ]
}

/** The VM, or the instance of a set, that what is asked for extends. @throws {ArmError} `ResourceNotFound` */
export async function requireVmAt(ground: Ground, request: ArmRequest): Promise<Resource> {
  const scope = request.params.scope!
  const id = parseResourceId(scope)
  if (id === null || !isMachine({ type: typeOf(id) }))
    throw new ArmError(faults.resourceNotFound(request.id))
  return requireResource(ground.store, request, scope)
}

async function health(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const vm = await requireVmAt(ground, request)
  const { power, failure } = stateOf(vm)
  const isUp = power === 'running' && failure === null
  const summary =
    failure?.message ??
    (isUp
      ? "There aren't any known problems affecting this virtual machine."
      : `The virtual machine is ${power}.`)
  return {
    status: 200,
    body: {
      ...{
        id: request.id,
        name: 'current',
        type: 'Microsoft.ResourceHealth/AvailabilityStatuses',
        location: vm.location,
      },
      properties: {
        availabilityState: isUp ? 'Available' : 'Unavailable',
        title: isUp ? 'Available' : (failure?.code ?? `Virtual machine ${power}`),
        summary,
        reasonType: failure === null ? (isUp ? '' : 'UserInitiated') : 'Unplanned',
        occurredTime: new Date(vm.changedAt).toISOString(),
        reasonChronicity: 'Persistent',
        reportedTime: new Date(ground.now()).toISOString(),
      },
    },
  }
}
