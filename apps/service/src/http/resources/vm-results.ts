import { randomUUID } from 'node:crypto'
import { ArmError, checkBody, faults } from '@trusted-launch/api'
import { requireSubscription } from '../../domain/groups.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import type { Work } from '../../domain/resource-type.ts'
import type { JsonObject, Resource, Tables } from '../../domain/store.ts'
import { attachDetachLinks, planAttachDetach } from '../../domain/vm/attach-detach.ts'
import { withDiskRoom } from '../../domain/vm/disk-room.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { commandDocuments, commandOf, requireCommands } from '../../domain/vm/run-command.ts'
import { inputFor, VM } from '../../domain/vm/vm.ts'
import { requireNotGoing } from '../../domain/vm/vm-actions.ts'
import { groupPath } from '../arm-type.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import { type Ground, momentOf } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { requireLink } from '../put-resource.ts'
import { requireLocation } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireVm } from './virtual-machines.ts'

const PATH = groupPath(VM)
const RUN_COMMANDS =
  '/subscriptions/:subscriptionId/providers/Microsoft.Compute/locations/:location/runCommands'

/** Actions on VMs that have a result of their own. */
export function vmResultRoutes(rules: VmRules, ground: Ground): Route[] {
  const post = (name: string, handle: Route['handle']): Route => ({
    ...{ method: 'POST', path: `${PATH}/${name}`, action: `${VM}/${name}/action`, handle },
  })
  const read = (path: string, answer: (request: ArmRequest) => object): Route => ({
    ...{ method: 'GET', path, action: 'Microsoft.Compute/locations/runCommands/read' },
    handle: async (request) => {
      const { subscriptionId, location } = request.params
      await requireSubscription(ground.store, subscriptionId!)
      requireLocation('Microsoft.Compute/locations/runCommands', ground, location!, null)
      return { status: 200, body: answer(request) }
    },
  })
  return [
    post('attachDetachDataDisks', (request) => attachDetach(rules, ground, request)),
    post('runCommand', (request) => runCommand(rules, ground, request)),
    read(RUN_COMMANDS, () => ({ value: commandDocuments })),
    read(`${RUN_COMMANDS}/:commandId`, documentNamed),
  ]
}

/** Answers with the VM's `storageProfile` when it is done. */
async function attachDetach(
  { host, diskGib }: VmRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const asked = checkBody('AttachDetachDataDisksRequest', bodyOf(request)) as JsonObject
  for (const link of attachDetachLinks(asked))
    await requireLink(ground.authorizer, { type: VM }, request, link)
  return begun(ground, request, async (tables, vm) => {
    const moment = momentOf(ground, tables, request)
    const { work, properties, state } = await withDiskRoom(tables, diskGib, () =>
      planAttachDetach(moment, vm, asked, host),
    )
    const change = { properties, state: state!, provisioningState: 'Updating' } as const
    await tables.resources.update(vm.id, change, ground.now())
    return work!
  })
}

/** Answers with what the command wrote, to who asked for it. */
async function runCommand(rules: VmRules, ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const command = commandOf(checkBody('RunCommandInput', bodyOf(request)) as JsonObject)
  return begun(ground, request, async (tables, vm) => {
    requireCommands(vm)
    const key = randomUUID()
    await rules.keepCommand(tables, key, command)
    return { kind: 'vm.runCommand', input: { command: key, ...inputFor(vm) }, host: rules.host }
  })
}

function bodyOf({ body }: ArmRequest): JsonObject {
  if (body === null) throw new ArmError(faults.invalidRequestContent('the body is missing'))
  return body
}

async function begun(
  ground: Ground,
  request: ArmRequest,
  plan: (tables: Tables, vm: Resource) => Promise<Work>,
): Promise<ArmReply> {
  const { operation } = await change(ground, request, async (tables) => {
    const vm = await requireVm({ store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, vm.id, 'write')
    requireNotGoing(vm)
    const work = await plan(tables, vm)
    return { status: 202, operation: await begin(ground, tables, request, vm, work) }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, headers: operationHeaders(base, operation!, apiVersion, true) }
}

function documentNamed({ params, id }: ArmRequest): object {
  const wanted = params.commandId!.toLowerCase()
  const found = commandDocuments.find((one) => String(one.id).toLowerCase() === wanted)
  if (found === undefined) throw new ArmError(faults.resourceNotFound(id))
  return found
}
