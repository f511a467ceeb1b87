import { ArmError, faults } from '@trusted-launch/api'
import { at, textAt } from '../vm/vm.ts'
import { MODES } from './completed.ts'
import { interfaceConfigurations, sizeOf } from './instance-properties.ts'
import { requireScaleInPolicy } from './remove-instances.ts'
import { requireRollingPolicy } from './rolling-policy.ts'
import { isFlexible, modelOf, type ScaleSet } from './scale-set.ts'

/** As Azure has it: of one placement group, and of many. */
const CAPACITY_MAX = { single: 100, many: 1000 } as const
const FAULT_DOMAINS_MAX = 5

/** What must be there of a set, and may be said, in Azure's order. @throws {ArmError} `InvalidParameter` */
export function requireShape(set: ScaleSet): void {
  const { properties } = set
  const flexible = isFlexible(set)
  if (!flexible && !/^uniform$/i.test(String(properties.orchestrationMode)))
    throw new ArmError(faults.invalidParameter('orchestrationMode'))
  const mode = textAt(properties, 'upgradePolicy', 'mode')
  if (mode === null && !flexible) throw new ArmError(faults.missingParameter('upgradePolicy.mode'))
  if (mode !== null && !MODES.includes(mode))
    throw new ArmError(faults.invalidParameter('upgradePolicy.mode'))
  requireRollingPolicy(set)
  requireScaleInPolicy(set)
  requireFaultDomains(set)
  if (modelOf(set) !== null) requireScale(set)
  else if (!flexible) throw new ArmError(faults.missingParameter('virtualMachineProfile'))
}

function requireScale(set: ScaleSet): void {
  const { envelope, properties } = set
  sizeOf(set)
  const capacity = at(envelope, 'sku', 'capacity')
  if (capacity === undefined) throw new ArmError(faults.missingParameter('sku.capacity'))
  const most = properties.singlePlacementGroup === true ? CAPACITY_MAX.single : CAPACITY_MAX.many
  if (!Number.isInteger(capacity) || Number(capacity) < 0 || Number(capacity) > most)
    throw new ArmError(faults.invalidParameter('sku.capacity'))
  interfaceConfigurations(set)
}

function requireFaultDomains({ properties }: ScaleSet): void {
  const count = properties.platformFaultDomainCount
  if (count === undefined) return
  if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > FAULT_DOMAINS_MAX)
    throw new ArmError(faults.invalidParameter('platformFaultDomainCount'))
}
