import { ArmError, type ConsoleKind, faults } from '@trusted-launch/api'
import { requireUnlocked } from '../../domain/locks.ts'
import { stateOf, VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireVmAt } from './health.ts'

const KINDS: readonly ConsoleKind[] = ['serial', 'screen']
const PATH = '/:scope/providers/TrustedLaunch/console'

/**
 * Tickets for a VM's consoles: to type, with the right that Azure's serial console wants; to watch, with the one by
 * which its log and a picture of its screen are read.
 */
export function consoleRoutes(ground: Ground): Route[] {
  const ticket = (verb: string, action: string, mayType: boolean): Route => ({
    ...{ method: 'POST', path: `${PATH}/${verb}`, action },
    handle: (request) => give(ground, request, action, mayType),
  })
  return [
    ticket('connect', 'Microsoft.SerialConsole/serialPorts/connect/action', true),
    ticket('watch', `${VM}/retrieveBootDiagnosticsData/action`, false),
  ]
}

async function give(
  ground: Ground,
  request: ArmRequest,
  action: string,
  mayType: boolean,
): Promise<ArmReply> {
  const { caller, correlationId, from, base } = request
  const kind = kindIn(request)
  const vm = await requireVmAt(ground, request)
  if (mayType) await requireUnlocked(ground.store, vm.id, 'write')
  const { machine, power } = stateOf(vm)
  if (power !== 'running') {
    const message = `The virtual machine '${vm.name}' does not run: it is ${power}.`
    throw new ArmError(faults.operationNotAllowed(message))
  }
  const again = async (isUse: boolean) => request.again?.(isUse)
  const body = ground.consoles.give(
    { kind, mayType, vm: vm.id, machine, caller, action, again, correlationId, from },
    base,
  )
  return { status: 200, body, headers: { 'cache-control': 'no-store' } }
}

/** `serial` where nothing is said. @throws {ArmError} 400 */
function kindIn({ body }: ArmRequest): ConsoleKind {
  const { kind = 'serial', ...others } = body ?? {}
  const [other] = Object.keys(others)
  if (other !== undefined) throw new ArmError(faults.invalidParameter(other))
  if (!KINDS.includes(kind as ConsoleKind)) throw new ArmError(faults.invalidParameter('kind'))
  return kind as ConsoleKind
}
