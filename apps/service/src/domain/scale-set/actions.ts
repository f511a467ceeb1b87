import { requirePlacing } from '../drain.ts'
import { enqueue } from '../enqueue.ts'
import type { Moment } from '../resource-type.ts'
import type { Resource } from '../store.ts'
import { requireDisksUnlocked } from '../vm/belongings.ts'
import type { VmRules } from '../vm/plan-vm.ts'
import { inputFor } from '../vm/vm.ts'
import { requireAction, type VmAction, vmActions } from '../vm/vm-actions.ts'

/** What can be done with a set's instances at once: a VM's own action, by Azure's path of sets. */
export interface ScaleSetAction {
  readonly path: string
  readonly action: VmAction
  readonly model: string
}

const IDS = 'VirtualMachineScaleSetVMInstanceIDs'
const REIMAGE = 'VirtualMachineScaleSetReimageParameters'

/** `reimageall` makes data disks anew as well on Azure; here they are empty ones that stay. */
const paths: readonly (readonly [path: string, action: VmAction['name'], model: string])[] = [
  ['start', 'start', IDS],
  ['poweroff', 'powerOff', IDS],
  ['restart', 'restart', IDS],
  ['deallocate', 'deallocate', IDS],
  ['redeploy', 'redeploy', IDS],
  ['reapply', 'reapply', IDS],
  ['reimage', 'reimage', REIMAGE],
  ['reimageall', 'reimage', IDS],
]

export const scaleSetActions: readonly ScaleSetAction[] = paths.map(([path, name, model]) => ({
  ...{ path, model },
  action: vmActions.find((each) => each.name === name)!,
}))

/** A drained host starts nothing. */
const BOOTS: readonly string[] = ['start', 'restart', 'redeploy', 'reimage']

/** Each by an operation of its own. Part of a transaction. @returns their ids. @throws {ArmError} one of them can't: nothing is done then. */
export async function actOnInstances(
  { host }: Pick<VmRules, 'host'>,
  moment: Moment,
  { action }: ScaleSetAction,
  instances: readonly Resource[],
): Promise<string[]> {
  if (BOOTS.includes(action.name)) await requirePlacing(moment.tables, host)
  const parts: string[] = []
  for (const instance of instances) {
    requireAction(action, instance)
    if (action.name === 'reimage') await requireDisksUnlocked(moment.tables, instance)
    const change = { provisioningState: 'Updating' } as const
    await moment.tables.resources.update(instance.id, change, moment.at)
    const work = { kind: `vm.${action.name}`, input: inputFor(instance), host }
    parts.push((await enqueue(moment, instance, work)).id)
  }
  return parts
}
