import { ArmError, faults, keyOf, nameOf, parseResourceId } from '@trusted-launch/api'
import { type Link, listIn, requireLinkOfType } from '../links.ts'
import type { Moment, Plan } from '../resource-type.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { LUN_MAX, planDataDisks } from './data-disks.ts'
import { DISK } from './disk-row.ts'
import { withLeaving } from './leaving.ts'
import { isToGo } from './taken-along.ts'
import { withUnapplied } from './unapplied.ts'
import { at, inputFor, stateJson, stateOf, textAt } from './vm.ts'

/** The disks that `attachDetachDataDisks` names: whoever asks must have the right to write them, and to delete those that are to go with the VM. */
export function attachDetachLinks(asked: JsonObject): Link[] {
  return ['dataDisksToAttach', 'dataDisksToDetach'].flatMap((list) =>
    listIn(at(asked, list)).flatMap((disk, i) =>
      ['write', ...(isToGo(disk) ? ['delete'] : [])].map((right) => ({
        id: textAt(disk, 'diskId') ?? '',
        type: DISK,
        action: `${DISK}/${right}`,
        path: `${list}[${i}].diskId`,
      })),
    ),
  )
}

/**
 * A VM's data disks without some that it has and with others that are there: all of it or nothing. What it does
 * not name stays. @throws {ArmError}
 */
export async function planAttachDetach(
  moment: Moment,
  vm: Resource,
  asked: JsonObject,
  host: string,
): Promise<Plan> {
  const [toAttach, toDetach] = ['dataDisksToAttach', 'dataDisksToDetach'].map((name) =>
    listIn(at(asked, name)),
  ) as [readonly Json[], readonly Json[]]
  if (toAttach.length + toDetach.length === 0)
    throw new ArmError(faults.missingParameter('dataDisksToAttach'))
  for (const link of attachDetachLinks(asked)) requireLinkOfType(link)
  const storage = at(vm.properties, 'storageProfile') as JsonObject
  const dataDisks = without(listIn(storage.dataDisks), toDetach, vm)
  for (const one of toAttach) dataDisks.push(attached(one, dataDisks))
  const wanted = { ...vm.properties, storageProfile: { ...storage, dataDisks } }
  const properties = await planDataDisks(moment, vm.id, wanted)
  const { restart = false, secureBootBy = null } = stateOf(vm).unapplied ?? {}
  const state = stateJson({
    ...withLeaving(vm, properties),
    ...withUnapplied(vm, properties, { restart, secureBootBy }),
  })
  const work = { kind: 'vm.attachDetachDataDisks', input: inputFor(vm), host }
  return { properties, state, work }
}

function without(disks: readonly Json[], toDetach: readonly Json[], vm: Resource): Json[] {
  const has = (id: string) => (disk: Json) => keyOf(textAt(disk, 'managedDisk', 'id') ?? '') === id
  const gone = toDetach.map((one) => {
    const id = textAt(one, 'diskId')!
    if (disks.some(has(keyOf(id)))) return keyOf(id)
    const name = nameOf(parseResourceId(id)!)
    throw new ArmError(
      faults.operationNotAllowed(
        `Disk '${name}' is not a data disk of VM '${vm.name}': it cannot be detached from it.`,
        'dataDisksToDetach',
      ),
    )
  })
  return disks.filter((disk) => !gone.some((id) => has(id)(disk)))
}

/** As the VM's model has it; without a place of its own it gets the first that is free. */
function attached(asked: Json, beside: readonly Json[]): JsonObject {
  const { diskId, diskEncryptionSet, ...rest } = asked as JsonObject
  const taken = new Set(beside.map((disk) => at(disk, 'lun')))
  const free = Array.from({ length: LUN_MAX + 1 }, (_, lun) => lun).find((lun) => !taken.has(lun))
  const managedDisk = {
    id: diskId!,
    ...(diskEncryptionSet !== undefined && { diskEncryptionSet }),
  }
  return { lun: free ?? LUN_MAX, createOption: 'Attach', ...rest, managedDisk }
}
