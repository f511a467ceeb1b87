import { ArmError, faults } from '@trusted-launch/api'
import type { Fix, Recommendation } from '@trusted-launch/posture'
import type { Json, JsonObject } from '../../domain/store.ts'
import type { VmRules } from '../../domain/vm/plan-vm.ts'
import { EXTENSION } from '../../domain/vm/setup.ts'
import { type Power, stateOf, VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import { putResource } from '../put-resource.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest } from '../route.ts'
import { attestVm } from './evidence.ts'
import { extensionTypeOf } from './extensions.ts'
import { virtualMachineType } from './virtual-machines.ts'

/** What the API does about a recommendation: the same request that a person would send, with the right that it needs. */
interface Deed {
  readonly action: string
  readonly id: string
  /** What it costs. */
  readonly effect: 'none' | 'restart' | 'at-next-start'
  readonly run: (ground: Ground, request: ArmRequest) => Promise<ArmReply>
}

/**
 * Does what is recommended of a VM, or says why not; with `dryRun` only what it would do.
 * @throws {ArmError} 409 `FixNotPossible`; 403 without the right to do it by hand.
 */
export async function fixed(
  recommendation: Recommendation,
  rules: VmRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const { fix, machine } = recommendation
  const { dryRun = false, ...more } = request.body ?? {}
  const [unknown] = Object.keys(more)
  if (unknown !== undefined || typeof dryRun !== 'boolean')
    throw new ArmError(faults.invalidParameter(unknown ?? 'dryRun'))
  const { power } = stateOf(await requireResource(ground.store, request, machine))
  const deed =
    fix === null
      ? 'It is not unhealthy: there is nothing to fix.'
      : deedOf(fix, machine, power, rules)
  if (dryRun) return { status: 200, body: told(fix, deed) }
  if (typeof deed === 'string') throw notPossible(deed)
  await requireRight(ground, request, deed)
  return deed.run(ground, request)
}

function told(fix: Fix | null, deed: Deed | string): JsonObject {
  const what = (fix ?? null) as unknown as Json
  if (typeof deed === 'string') return { fix: what, possible: false, why: deed }
  return { fix: what, possible: true, effect: deed.effect, needs: deed.action }
}

/** @returns why not: a sentence. */
function deedOf(fix: Fix, vm: string, power: Power, rules: VmRules): Deed | string {
  switch (fix.kind) {
    case 'none':
      return fix.why
    case 'attest':
      if (power !== 'running') return `The VM does not run: it is ${power}. Start it.`
      return {
        ...{ action: 'TrustedLaunch/evidence/attest/action', id: vm, effect: 'none' },
        run: attestVm,
      }
    case 'install-extension':
      return installed(`${vm}/extensions/GuestAttestation`, rules)
    case 'change-security':
      return changed(fix, vm, power, rules)
  }
}

function installed(id: string, rules: VmRules): Deed {
  const properties = {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0', autoUpgradeMinorVersion: true },
  }
  return {
    ...{ action: `${EXTENSION}/write`, id, effect: 'none' },
    run: (ground, request) => {
      const body = { location: ground.location, properties }
      return putResource(extensionTypeOf(rules), ground, { ...request, id, body }, 'PUT')
    },
  }
}

function changed(
  { setup, interruption }: Fix & { readonly kind: 'change-security' },
  vm: string,
  power: Power,
  rules: VmRules,
): Deed | string {
  if (interruption === 'deallocate' && power !== 'deallocated')
    return `A Standard VM becomes Trusted Launch while it is deallocated, and this one is ${power}: deallocate it, fix it, and start it.`
  if (interruption === 'instances')
    return 'The instances of a scale set are not brought to a model here.'
  const { securityType, ...uefiSettings } = setup
  const body = { properties: { securityProfile: { securityType, uefiSettings } } }
  const isUp = ['running', 'starting'].includes(power)
  return {
    ...{ action: `${VM}/write`, id: vm, effect: isUp ? 'restart' : 'at-next-start' },
    run: (ground, request) =>
      putResource(virtualMachineType(rules), ground, { ...request, id: vm, body }, 'PATCH'),
  }
}

/** Who may fix may not thereby do what they may not do by hand. @throws {ArmError} `AuthorizationFailed` */
async function requireRight({ authorizer }: Ground, { caller }: ArmRequest, { action, id }: Deed) {
  if ((await authorizer.access(caller, action, id)) === 'granted') return
  throw new ArmError(faults.authorizationFailed(caller.name, caller.objectId, action, id))
}

function notPossible(message: string): ArmError {
  return new ArmError({ status: 409, code: 'FixNotPossible', message })
}
