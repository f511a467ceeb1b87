import { randomUUID } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import { checkPolicy, checkReferenceValues } from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import { checkPlan } from '@trusted-launch/posture'
import { GROUP, SUBSCRIPTION } from '../../domain/groups.ts'
import { SCALE_SET } from '../../domain/scale-set/scale-set.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { documentOf } from '../../domain/versioned.ts'
import { VM } from '../../domain/vm/vm.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requirePolicy } from './monitoring-plans.ts'

const TYPE = 'TrustedLaunch/whatIf'

/** What another policy, plan or other reference values would change, before they do. */
export function whatIfRoutes(ground: Ground): Route[] {
  return [
    {
      ...{ method: 'POST', path: `/:scope/providers/${TYPE}`, action: `${TYPE}/action` },
      handle: (request) => tryOut(ground, request),
    },
  ]
}

/** A long action with a result of its own, for who asked; one at a time in a subscription. */
async function tryOut(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const tried = triedIn(request)
  const { operation } = await change(ground, request, async (tables) => {
    const scope = await requireScope(tables, request)
    const { policy } = (tried.plan ?? {}) as JsonObject
    if (policy !== undefined && (tried.policy as JsonObject | undefined)?.id !== policy)
      await requirePolicy(tables, scope, String(policy), 'properties.plan.policy')
    await requireNoneUnderWay(tables, scope)
    // Not at the VMs themselves: what is done with them does not wait for it.
    const id = `${request.id}/${randomUUID()}`
    const work = { kind: 'whatIf', input: { ...tried, scope: scope.id }, host: null }
    return { status: 202, operation: await begin(ground, tables, request, { ...scope, id }, work) }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, headers: operationHeaders(base, operation!, apiVersion, true) }
}

const readers: Readonly<Record<string, (value: unknown) => object>> = {
  policy: checkPolicy,
  plan: checkPlan,
  references: checkReferenceValues,
}

/** @throws {ArmError} 400, with the path of what is wrong. */
function triedIn({ body }: ArmRequest): JsonObject {
  const given = Object.entries((body?.properties ?? {}) as JsonObject)
  if (given.length === 0)
    throw new ArmError(faults.invalidRequestContent('it names no policy, plan or references'))
  return Object.fromEntries(given.map(([name, value]) => [name, checked(name, value)]))
}

function checked(name: string, value: unknown): JsonObject {
  const target = `properties.${name}`
  if (!Object.hasOwn(readers, name)) throw new ArmError(faults.invalidParameter(target))
  try {
    return documentOf(readers[name]!(value))
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    const { path, reason } = error
    const fault = faults.invalidRequestContent(`${path}: ${reason}`)
    throw new ArmError({ ...fault, target: `${target}${path.replace(/^\w+/, '')}` })
  }
}

/** @throws {ArmError} 404: no VM, scale set, group or subscription. */
async function requireScope({ resources }: Tables, request: ArmRequest): Promise<Resource> {
  const found = await resources.get(request.params.scope!)
  if (found === null || ![VM, SCALE_SET, GROUP, SUBSCRIPTION].includes(found.type))
    throw new ArmError(faults.resourceNotFound(request.id))
  return found
}

/** Each asks much of the service. @throws {ArmError} 409 */
async function requireNoneUnderWay({ operations }: Tables, { subscriptionId }: Resource) {
  const open = await operations.list({ subscriptionId, unfinished: true, kind: 'whatIf', limit: 1 })
  if (open.length === 0) return
  const message =
    'One is tried out in this subscription already: wait until it is over, or cancel it.'
  throw new ArmError(faults.operationNotAllowed(message))
}
