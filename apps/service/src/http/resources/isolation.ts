import { requireUnlocked } from '../../domain/locks.ts'
import { isolation } from '../../domain/responses.ts'
import { inputFor } from '../../domain/vm/vm.ts'
import { requireNotGoing } from '../../domain/vm/vm-actions.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { requireVmAt } from './health.ts'

const TYPE = 'TrustedLaunch/network'

/** A VM's network is taken away, or given back, whatever its plan wants. */
export function isolationRoutes(ground: Ground): Route[] {
  const route = routesOf(TYPE)
  const path = `/:scope/providers/${TYPE}`
  return [
    route('POST', `${path}/isolate`, 'isolate/action', (request) => act(ground, request, true)),
    route('POST', `${path}/connect`, 'connect/action', (request) => act(ground, request, false)),
  ]
}

async function act(ground: Ground, request: ArmRequest, isolated: boolean): Promise<ArmReply> {
  const { operation } = await change(ground, request, async (tables) => {
    const vm = await requireVmAt({ ...ground, store: tables as Ground['store'] }, request)
    await requireUnlocked(tables, vm.id, 'write')
    requireNotGoing(vm)
    const { name } = request.caller
    const { kind, input = {} } = isolation(isolated, name, name)
    const work = { kind, input: { ...input, ...inputFor(vm) }, host: ground.host }
    return { status: 202, operation: await begin(ground, tables, request, vm, work) }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, headers: operationHeaders(base, operation!, apiVersion) }
}
