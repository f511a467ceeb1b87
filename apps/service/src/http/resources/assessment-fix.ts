import { ArmError, faults } from '@trusted-launch/api'
import type { Fix, Recommendation } from '@trusted-launch/posture'
import { SCALE_SET, scaleSetOf } from '../../domain/scale-set/scale-set.ts'
import type { ScaleSetRules } from '../../domain/scale-set/scale-set-rules.ts'
import type { Json, JsonObject, Resource } from '../../domain/store.ts'
import { EXTENSION } from '../../domain/vm/setup.ts'
import { type Power, stateOf, VM } from '../../domain/vm/vm.ts'
import type { Ground } from '../ground.ts'
import { putResource } from '../put-resource.ts'
import { requireResource } from '../required.ts'
import type { ArmReply, ArmRequest } from '../route.ts'
import { attestVm } from './evidence.ts'
import { extensionTypeOf } from './extensions.ts'
import { UPDATE_KEYS, updateKeys } from './firmware-keys.ts'
import { withExtension } from './scale-set-extensions.ts'
import { scaleSetType } from './scale-sets.ts'
import { virtualMachineType } from './virtual-machines.ts'

/** What the API does about a recommendation: the same request that a person would send, with the right that it needs. */
interface Deed {
  readonly action: string
  readonly id: string
  /** What it costs. */
  readonly effect: 'none' | 'restart' | 'at-next-start' | 'instances'
  readonly run: (ground: Ground, request: ArmRequest) => Promise<ArmReply>
}

/**
 * Does what is recommended of a VM or of a scale set's model, or says why not; with `dryRun` only what it would do.
 * @throws {ArmError} 409 `FixNotPossible`; 403 without the right to do it by hand.
 */
export async function fixed(
  recommendation: Recommendation,
  rules: ScaleSetRules,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const { fix, machine } = recommendation
  const { dryRun = false, ...more } = request.body ?? {}
  const [unknown] = Object.keys(more)
  if (unknown !== undefined || typeof dryRun !== 'boolean')
    throw new ArmError(faults.invalidParameter(unknown ?? 'dryRun'))
  const row = await requireResource(ground.store, request, machine)
  const deed =
    fix === null ? 'It is not unhealthy: there is nothing to fix.' : deedOf(fix, row, rules)
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
function deedOf(fix: Fix, row: Resource, rules: ScaleSetRules): Deed | string {
  if (row.type === SCALE_SET) return deedOfSet(fix, row, rules)
  const { id: vm } = row
  const { power } = stateOf(row)
  switch (fix.kind) {
    case 'none':
      return fix.why
    case 'attest':
      if (power !== 'running') return `The VM does not run: it is ${power}. Start it.`
      return {
        ...{ action: 'TrustedLaunch/evidence/attest/action', id: vm, effect: 'none' },
        run: attestVm,
      }
    case 'update-keys':
      if (power !== 'deallocated')
        return `The keys of a VM's firmware are updated while it is deallocated, and this one is ${power}: deallocate it, fix it, and start it.`
      return { ...{ action: UPDATE_KEYS, id: vm, effect: 'at-next-start' }, run: updateKeys }
    case 'install-extension':
      return installed(`${vm}/extensions/GuestAttestation`, rules)
    case 'change-security':
      return changed(fix, vm, power, rules)
  }
}

/** By its model: its upgrade policy says when its instances are brought to that. @returns why not: a sentence. */
function deedOfSet(fix: Fix, set: Resource, rules: ScaleSetRules): Deed | string {
  switch (fix.kind) {
    case 'none':
      return fix.why
    case 'attest':
      return 'A set proves nothing: its instances are attested, each by itself.'
    case 'update-keys':
      return 'A set has no firmware: the keys of its instances are updated, each by itself.'
    case 'install-extension':
      return installedInSet(set, rules)
    case 'change-security':
      return changedInSet(fix, set, rules)
  }
}

function installedInSet(set: Resource, rules: ScaleSetRules): Deed {
  const one = { name: 'GuestAttestation', properties: attestation }
  return {
    action: `${SCALE_SET}/extensions/write`,
    ...{ id: `${set.id}/extensions/${one.name}`, effect: 'instances' },
    run: (ground, request) => withExtension(rules, ground, request, scaleSetOf(set), one),
  }
}

function changedInSet(
  { setup }: Fix & { readonly kind: 'change-security' },
  { id }: Resource,
  rules: ScaleSetRules,
): Deed {
  const { securityType, ...uefiSettings } = setup
  const securityProfile = { securityType, uefiSettings }
  const body = { properties: { virtualMachineProfile: { securityProfile } } }
  return {
    ...{ action: `${SCALE_SET}/write`, id, effect: 'instances' },
    run: (ground, request) =>
      putResource(scaleSetType(rules), ground, { ...request, id, body }, 'PATCH'),
  }
}

const attestation = {
  publisher: 'Microsoft.Azure.Security.LinuxAttestation',
  ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0', autoUpgradeMinorVersion: true },
}

function installed(id: string, rules: ScaleSetRules): Deed {
  return {
    ...{ action: `${EXTENSION}/write`, id, effect: 'none' },
    run: (ground, request) => {
      const body = { location: ground.location, properties: attestation }
      return putResource(extensionTypeOf(rules), ground, { ...request, id, body }, 'PUT')
    },
  }
}

function changed(
  { setup, interruption }: Fix & { readonly kind: 'change-security' },
  vm: string,
  power: Power,
  rules: ScaleSetRules,
): Deed | string {
  if (interruption === 'deallocate' && power !== 'deallocated')
    return `A Standard VM becomes Trusted Launch while it is deallocated, and this one is ${power}: deallocate it, fix it, and start it.`
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
