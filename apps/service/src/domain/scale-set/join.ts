import { ArmError, faults } from '@trusted-launch/api'
import type { Moment, Plan, Wanted } from '../resource-type.ts'
import { at, type Membership, textAt } from '../vm/vm.ts'
import { capacityOf, isFlexible, scaleSetOf, scaleSetStateJson } from './scale-set.ts'

/** A new VM that names a Flexible set is one of its instances from then on. Null: it names none. @throws {ArmError} */
export async function joinSet(
  { tables, at: now }: Moment,
  { properties }: Wanted,
): Promise<Pick<Plan, 'parentId' | 'state'> | null> {
  const id = textAt(properties, 'virtualMachineScaleSet', 'id')
  if (id === null) return null
  const row = await tables.resources.get(id)
  if (row === null) throw new ArmError(faults.invalidParameter('virtualMachineScaleSet.id'))
  const set = scaleSetOf(row)
  if (!isFlexible(set))
    throw new ArmError(
      faults.operationNotAllowed(
        `Scale set '${set.name}' is Uniform: it makes its instances itself, and no VM can join it.`,
        'virtualMachineScaleSet.id',
      ),
    )
  const { next, model } = set.state
  const sku = { ...(at(set.envelope, 'sku') as object | undefined), capacity: capacityOf(set) + 1 }
  const change = {
    envelope: { ...set.envelope, sku },
    state: scaleSetStateJson({ ...set.state, next: next + 1 }),
  }
  await tables.resources.update(set.id, change, now)
  const scaleSet: Membership = { id: set.id, model, number: next, faultDomain: 0 }
  return { parentId: set.id, state: { scaleSet: { ...scaleSet } } }
}
