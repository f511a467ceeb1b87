import { ArmError, faults } from '@trusted-launch/api'
import manifest from '../../../package.json' with { type: 'json' }
import { allVms, isDrained, isUp, keepDrained } from '../../domain/drain.ts'
import { enqueueAnyway } from '../../domain/enqueue.ts'
import { leftoversOf } from '../../domain/leftovers.ts'
import { acceptRestored, unknownSinceRestored } from '../../domain/restored.ts'
import type { JsonObject, Tables } from '../../domain/store.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { inputFor, stateOf } from '../../domain/vm/vm.ts'
import { change } from '../change.ts'
import { type Ground, momentOf } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

const TYPE = 'TrustedLaunch/hosts'
const PATH = `/:scope/providers/${TYPE}`

/**
 * The host that all VMs of the installation are on: what it has, and whether it is drained. Drained, it places no
 * VM, and those that run are stopped, each by an operation; resumed, they are started again. What restored records
 * do not know is kept on it until that is forgotten.
 */
export function hostRoutes(rules: VmRules, ground: Ground): Route[] {
  const route = routesOf(TYPE, (request) => {
    const { scope, name = ground.host } = request.params
    if (scope !== '/' || name.toLowerCase() !== ground.host)
      throw new ArmError(faults.resourceNotFound(request.id))
  })
  const view = () => viewOf(rules, ground)
  return [
    route('GET', PATH, 'read', async () => ({ status: 200, body: { value: [await view()] } })),
    route('GET', `${PATH}/:name`, 'read', async () => ({ status: 200, body: await view() })),
    route('POST', `${PATH}/:name/drain`, 'drain/action', async (request) =>
      answer(await change(ground, request, (tables) => drain(ground, tables, request)), view),
    ),
    route('POST', `${PATH}/:name/resume`, 'resume/action', async (request) =>
      answer(await change(ground, request, (tables) => resume(ground, tables, request)), view),
    ),
    route('POST', `${PATH}/:name/forget`, 'forget/action', async (request) => {
      const done = await change(ground, request, async (tables) => {
        await acceptRestored(tables)
        return { status: 200 }
      })
      return { ...done, body: await view() }
    }),
  ]

  async function answer(
    { status }: { status: number },
    view: () => Promise<JsonObject>,
  ): Promise<ArmReply> {
    ground.wake()
    return { status, body: await view(), headers: { 'Retry-After': '1' } }
  }
}

async function viewOf({ place }: VmRules, { store, host }: Ground): Promise<JsonObject> {
  const { vcpus, memoryGib, architecture } = place().capacity
  const vms = await allVms(store)
  const unknown = await unknownSinceRestored(store)
  const leftovers = await leftoversOf(store, host)
  return {
    ...{ id: `/providers/${TYPE}/${host}`, name: host, type: TYPE },
    properties: {
      ...{ version: manifest.version, vcpus, memoryGib, architecture },
      drained: await isDrained(store, host),
      virtualMachines: vms.length,
      running: vms.filter(isUp).length,
      restored: unknown !== null,
      unknownMachines: unknown?.length ?? 0,
      unknownFiles: leftovers.count,
      unknownFileBytes: leftovers.bytes,
    },
  }
}

async function drain(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
): Promise<{ status: number }> {
  await keepDrained(tables, ground.host, true)
  for (const vm of (await allVms(tables)).filter(isUp)) {
    const work = { kind: 'vm.drain', input: inputFor(vm), host: ground.host }
    await enqueueAnyway(momentOf(ground, tables, request), vm, work)
  }
  return { status: 202 }
}

/** In the order they were made. What somebody stopped meanwhile stays so. */
async function resume(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
): Promise<{ status: number }> {
  await keepDrained(tables, ground.host, false)
  const drained = (await allVms(tables)).filter((vm) => stateOf(vm).drained === true)
  for (const vm of drained.sort((a, b) => a.createdAt - b.createdAt)) {
    const work = { kind: 'vm.start', input: inputFor(vm), host: ground.host }
    await enqueueAnyway(momentOf(ground, tables, request), vm, work)
  }
  return { status: 202 }
}
