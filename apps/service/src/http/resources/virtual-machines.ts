import { ArmError, checkBody, faults } from '@trusted-launch/api'
import { refusals } from '../../catalogue/texts.ts'
import { requirePlacing } from '../../domain/drain.ts'
import { requireGroup } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { lowerCapacity } from '../../domain/scale-set/remove-instances.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { requireAllUnlocked, requireDisksUnlocked } from '../../domain/vm/belongings.ts'
import { type VmRules, vmLinks, vmPlanner, vmPreparation } from '../../domain/vm/plan-vm.ts'
import {
  inputFor,
  osTypeOf,
  securityOf,
  stateJson,
  stateOf,
  textAt,
  VM,
} from '../../domain/vm/vm.ts'
import {
  requireAction,
  requireSameImage,
  type VmAction,
  vmActions,
} from '../../domain/vm/vm-actions.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { extensionViews } from '../extension-view.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { instanceViewOf, vmProperties } from '../vm-view.ts'

/** Virtual machines: PUT of an existing one keeps what it does not name, as Azure's does. */
export function virtualMachineType(rules: VmRules): ArmType {
  return {
    ...{ type: VM, path: groupPath(VM), keepsUnnamed: true, isByLocation: true },
    models: { PUT: 'VirtualMachine', PATCH: 'VirtualMachineUpdate' },
    plan: vmPlanner(rules),
    prepare: vmPreparation(rules),
    links: vmLinks,
    planDelete: async (vm, { tables, at }) => {
      await requireAllUnlocked(tables, vm)
      await lowerCapacity(tables, [vm], at)
      return { kind: 'vm.delete', input: inputFor(vm), host: rules.host }
    },
    view: async (vm, { apiVersion, query }, there) => ({
      ...vmProperties(vm, apiVersion, query.$expand),
      ...(/instanceView/i.test(query.$expand ?? '') && {
        instanceView: await wholeInstanceView(vm, there),
      }),
    }),
  }
}

const PATH = groupPath(VM)

/** What is done with VMs, and what is so of them now. */
export function virtualMachineRoutes(rules: VmRules, ground: Ground): Route[] {
  const actions = vmActions.map(
    (action): Route => ({
      method: 'POST',
      path: `${PATH}/${action.name}`,
      action: `${VM}/${action.name}/action`,
      ...(action.model !== null && { body: action.model }),
      handle: (request) => act(action, rules, ground, request),
    }),
  )
  return [
    ...actions,
    {
      method: 'GET',
      path: `${PATH}/instanceView`,
      action: `${VM}/instanceView/read`,
      handle: async (request) => ({
        status: 200,
        body: await wholeInstanceView(await requireVm(ground, request), ground.store),
      }),
    },
    {
      method: 'POST',
      path: `${PATH}/generalize`,
      action: `${VM}/generalize/action`,
      handle: (request) => generalize(ground, request),
    },
    {
      method: 'POST',
      path: `${PATH}/capture`,
      action: `${VM}/capture/action`,
      handle: async (request) => {
        const { isTrustedLaunch } = securityOf(await requireVm(ground, request))
        throw new ArmError(refusals.managedImage(isTrustedLaunch))
      },
    },
  ]
}

async function wholeInstanceView(
  vm: Resource,
  there: Pick<Tables, 'resources'>,
): Promise<JsonObject> {
  return instanceViewOf(vm, await extensionViews(there, vm))
}

/** The VM that an action or view of it names. */
export function requireVm(
  { store }: Pick<Ground, 'store'>,
  request: ArmRequest,
): Promise<Resource> {
  return requireResource(store, request, idOfVm(request))
}

function idOfVm({ params }: ArmRequest): string {
  const { subscriptionId, resourceGroup, name } = params
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${VM}/${name}`
}

/** A drained host starts nothing. */
const BOOTS: readonly string[] = ['start', 'restart', 'redeploy']

async function act(
  action: VmAction,
  rules: VmRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const mayDelete = action.name === 'simulateEviction' && (await mayDeleteVm(ground, request))
  const { status, operation } = await change(ground, request, async (tables) => {
    const { subscriptionId, resourceGroup } = request.params
    await requireGroup(tables, subscriptionId!, resourceGroup!)
    const vm = await requireVm({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, vm.id, 'write')
    requireAction(action, vm)
    if (action.name === 'reimage') await requireDisksUnlocked(tables, vm)
    if (action.name === 'simulateEviction') await requireEviction(tables, vm, request, mayDelete)
    if (BOOTS.includes(action.name)) await requirePlacing(tables, rules.host)
    const input = { ...inputOf(action, request, vm), ...inputFor(vm) }
    await tables.resources.update(vm.id, { provisioningState: 'Updating' }, ground.now())
    const work = { kind: `vm.${action.name}`, input, host: rules.host }
    // Of an eviction Azure's clients take nothing else.
    const status = action.name === 'simulateEviction' ? 204 : 202
    return { status, operation: await begin(ground, tables, request, vm, work) }
  })
  ground.wake()
  if (status === 204) return { status }
  return { status, headers: operationHeaders(request.base, operation!, request.apiVersion) }
}

const DELETE = `${VM}/delete`

/** Asked before the transaction: roles are read outside of it. */
async function mayDeleteVm({ authorizer }: Ground, request: ArmRequest): Promise<boolean> {
  return (await authorizer.access(request.caller, DELETE, idOfVm(request))) === 'granted'
}

/** An eviction that deletes is a deletion: it needs its right, and no lock goes by. @throws {ArmError} */
async function requireEviction(
  tables: Tables,
  vm: Resource,
  { caller }: ArmRequest,
  mayDelete: boolean,
): Promise<void> {
  if (textAt(vm.properties, 'evictionPolicy') !== 'Delete') return
  if (!mayDelete)
    throw new ArmError(faults.authorizationFailed(caller.name, caller.objectId, DELETE, vm.id))
  await requireUnlocked(tables, vm.id, 'delete')
  await requireAllUnlocked(tables, vm)
}

function inputOf(action: VmAction, { body, query }: ArmRequest, vm: Resource): JsonObject {
  if (query.hibernate === 'true')
    throw new ArmError(refusals.hibernation(osTypeOf(vm), securityOf(vm).isTrustedLaunch))
  const given =
    action.model === null || body === null ? {} : (checkBody(action.model, body) as JsonObject)
  requireSameImage(given)
  return { ...given, ...(query.skipshutdown === 'true' && { skipShutdown: true }) }
}

/** What waits may be its start. @throws {ArmError} */
async function requireNothingToDo({ operations }: Tables, { id, name }: Resource): Promise<void> {
  const open = await operations.list({ resourceId: id, unfinished: true, limit: 1 })
  if (open.length === 0) return
  throw new ArmError(
    faults.operationNotAllowed(
      `An operation of the Virtual Machine '${name}' is not over: wait for it before generalizing.`,
    ),
  )
}

/** The VM is meant to be an image's source: it can't start any more. */
async function generalize(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  return change(ground, request, async (tables) => {
    const vm = await requireVm({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, vm.id, 'write')
    if (!['stopped', 'deallocated'].includes(stateOf(vm).power))
      throw new ArmError(
        faults.operationNotAllowed(
          `Please power off or deallocate the Virtual Machine '${vm.name}' before generalizing it.`,
        ),
      )
    await requireNothingToDo(tables, vm)
    await tables.resources.update(
      vm.id,
      { state: stateJson({ ...stateOf(vm), generalized: true }) },
      ground.now(),
    )
    return { status: 200 }
  })
}
