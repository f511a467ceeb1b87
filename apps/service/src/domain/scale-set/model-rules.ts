import { isDeepStrictEqual } from 'node:util'
import { ArmError, type Fault, faults } from '@trusted-launch/api'
import type { MarketplaceImage } from '../../catalogue/images.ts'
import { listIn } from '../links.ts'
import type { Moment } from '../resource-type.ts'
import type { JsonObject } from '../store.ts'
import { refuseOsProfile } from '../vm/attached-disk.ts'
import { changeRefused } from '../vm/fixed.ts'
import type { VmRules } from '../vm/plan-vm.ts'
import { requirePriority } from '../vm/priority.ts'
import { type Decision, decideNew } from '../vm/security.ts'
import { at, securityOf, textAt } from '../vm/vm.ts'
import { requireVmImage } from '../vm/vm-image.ts'
import { instanceProperties } from './instance-properties.ts'
import { modelOf, type ScaleSet } from './scale-set.ts'

/** The tag by which whoever has a set says that Trusted Launch may be enabled in it. */
const ALLOW_TAG = 'trusted-launch-upgrade'

/** What a set's model comes to: its image, and its size and security with Azure's defaults. @throws {ArmError} as for a VM. */
export async function decideModel(
  rules: VmRules,
  { tables }: Pick<Moment, 'tables'>,
  set: ScaleSet,
): Promise<{ image: MarketplaceImage; decision: Decision }> {
  const properties = instanceProperties(set, { computerName: 'vm', interfaces: [] }, {})
  requirePriority(properties)
  const image = await requireVmImage(rules, tables, set.id, properties)
  if (image.isSpecialized === true) refuseOsProfile(properties)
  return { image, decision: decideNew(properties, image, rules.place()) }
}

const REFERENCE = ['storageProfile', 'imageReference'] as const

/**
 * What a change of a model may not do. A set that was made without Trusted Launch stays without it ("Le lancement fiable
 * requiert la création d'un nouveau VMSS"), unless its tag says that its instances may lose what is on their disks.
 * @throws {ArmError}
 */
export function requireModelChange(before: ScaleSet, after: ScaleSet): void {
  const [was, is] = [modelOf(before), modelOf(after)]
  if (was === null || is === null) return
  for (const member of ['publisher', 'offer']) {
    const [old, asked] = [was, is].map((model) =>
      textAt(model, ...REFERENCE, member)?.toLowerCase(),
    )
    if (old !== undefined && asked !== undefined && old !== asked)
      throw new ArmError(changeRefused(`imageReference.${member}`))
  }
  const [old, asked] = [was, is].map((properties) => securityOf({ properties }).isTrustedLaunch)
  if (old || !asked) return
  if (!isAllowed(after)) throw new ArmError(enablingRefused(after.name))
  const disks = listIn(at(is, 'storageProfile', 'dataDisks'))
  const policy = at(after.properties, 'upgradePolicy')
  const surges = at(policy, 'rollingUpgradePolicy', 'maxSurge') === true
  if (disks.length > 0 && !(textAt(policy, 'mode') === 'Rolling' && surges))
    throw new ArmError(disksRefused())
}

function isAllowed({ tags }: ScaleSet): boolean {
  const named = Object.entries(tags).find(([name]) => name.toLowerCase() === ALLOW_TAG)
  return named?.[1].toLowerCase() === 'allow'
}

function enablingRefused(name: string): Fault {
  return faults.operationNotAllowed(
    `Trusted Launch cannot be enabled in the scale set '${name}', which was created without it: create a new one. Or set its tag '${ALLOW_TAG}' to 'allow' and ask again: its instances are then made anew when they are brought to the model, and all that is on their OS disks is lost.`,
    'virtualMachineProfile.securityProfile.securityType',
  )
}

function disksRefused(): Fault {
  return faults.operationNotAllowed(
    "Trusted Launch can be enabled in a scale set with data disks only where its upgrade policy is 'Rolling' with 'maxSurge'.",
    'upgradePolicy',
  )
}

/** Whether instances have to be made anew to be as the model says: another image, or another security type. */
export function needsNewDisk(before: JsonObject, after: JsonObject): boolean {
  const reference = (properties: JsonObject) => at(properties, ...REFERENCE)
  const type = (properties: JsonObject) => securityOf({ properties }).isTrustedLaunch
  return !isDeepStrictEqual(reference(before), reference(after)) || type(before) !== type(after)
}
