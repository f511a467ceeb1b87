import { ArmError, faults, parseResourceId, typeOf } from '@trusted-launch/api'
import type { AttestationSummary, JsonObject, Resource } from '../../domain/store.ts'
import { securityOf, stateOf, VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

/** Defender for Cloud's key of "Guest Attestation: the boot integrity of the VM is attested". */
export const GUEST_ATTESTATION = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'

/** What an attestation means, in Azure's words. */
export function securityRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'GET',
      path: '/:scope/providers/Microsoft.Security/assessments/:name',
      action: 'Microsoft.Security/assessments/read',
      handle: (request) => assessment(ground, request),
    },
    {
      method: 'GET',
      path: '/:scope/providers/Microsoft.ResourceHealth/availabilityStatuses/current',
      action: 'Microsoft.ResourceHealth/availabilityStatuses/read',
      handle: (request) => health(ground, request),
    },
  ]
}

/** The VM that what is asked for extends. @throws {ArmError} `ResourceNotFound` */
export async function requireVmAt(ground: Ground, request: ArmRequest): Promise<Resource> {
  const scope = request.params.scope!
  const id = parseResourceId(scope)
  if (id === null || typeOf(id).toLowerCase() !== VM.toLowerCase())
    throw new ArmError(faults.resourceNotFound(request.id))
  return requireResource(ground.store, request, scope)
}

/** 404 until there is a verdict. */
async function assessment(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const vm = await requireVmAt(ground, request)
  const [latest] = await ground.store.attestations.list(stateOf(vm).vmId, { limit: 1 })
  if (request.params.name!.toLowerCase() !== GUEST_ATTESTATION || latest === undefined)
    throw new ArmError(faults.resourceNotFound(request.id))
  const { secureBoot } = securityOf(vm)
  const isHealthy = latest.tier === 'affirming' && secureBoot
  const status = isHealthy
    ? { code: 'Healthy' }
    : { code: 'Unhealthy', cause: latest.tier, description: reasonOf(latest, secureBoot) }
  const date = new Date(latest.at).toISOString()
  return {
    status: 200,
    body: {
      ...{ id: request.id, name: GUEST_ATTESTATION, type: 'Microsoft.Security/assessments' },
      properties: {
        displayName: 'Guest Attestation: the boot of the virtual machine is proved healthy',
        resourceDetails: { source: 'Azure', id: vm.id },
        status: { ...status, firstEvaluationDate: date, statusChangeDate: date },
        additionalData: { attestationId: latest.id, tier: latest.tier },
      },
    },
  }
}

function reasonOf({ findings }: AttestationSummary, secureBoot: boolean): string {
  if (!secureBoot)
    return 'Secure Boot is off: what the virtual machine boots is not checked by anybody.'
  const told = findings as readonly JsonObject[]
  const worst = told.find(({ severity }) => severity === 'high') ?? told[0]
  return String(worst?.summary ?? 'The attestation was not affirmed.')
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
