import { keyOf } from '@trusted-launch/api'
import { type Link, listIn } from '../links.ts'
import type { Json, JsonObject, Tables } from '../store.ts'
import { goingWith } from './belongings.ts'
import { dataDiskLinks } from './data-disks.ts'
import { DISK } from './disk-row.ts'
import { INTERFACE } from './interfaces.ts'
import { at, textAt } from './vm.ts'

/** Whether it is to go with its VM. */
export function isToGo(value: Json | undefined): boolean {
  return textAt(value, 'deleteOption')?.toLowerCase() === 'delete'
}

/**
 * What is there and is to go with a VM from now on: to say so needs the right to delete it. What is made with the
 * VM, and what went with it before, needs none.
 */
export async function takenAlongLinks(
  { resources }: Pick<Tables, 'resources'>,
  vm: string,
  asked: JsonObject,
): Promise<Link[]> {
  const existing = await resources.get(vm)
  const before = new Set(existing === null ? [] : goingWith(existing).map(keyOf))
  const named = [
    ...ownDisk(existing?.properties, asked),
    ...dataDisks(vm, asked),
    ...interfaces(asked),
  ].filter(({ id }) => !before.has(keyOf(id)))
  const found = await Promise.all(named.map(({ id }) => resources.get(id)))
  return named.filter((_, i) => found[i] !== null)
}

/** A change may leave off which disk it is. */
function ownDisk(before: JsonObject | undefined, asked: JsonObject): Link[] {
  const path = ['storageProfile', 'osDisk'] as const
  const is = at(asked, ...path)
  const id = textAt(is, 'managedDisk', 'id') ?? textAt(before, ...path, 'managedDisk', 'id')
  return id === null || !isToGo(is) ? [] : [deletionOf(DISK, id, path.join('.'))]
}

function dataDisks(vm: string, asked: JsonObject): Link[] {
  const disks = listIn(at(asked, 'storageProfile', 'dataDisks'))
  return dataDiskLinks(vm, asked)
    .filter((_, i) => isToGo(disks[i]))
    .map(({ id }) => deletionOf(DISK, id, 'storageProfile.dataDisks'))
}

function interfaces(asked: JsonObject): Link[] {
  return listIn(at(asked, 'networkProfile', 'networkInterfaces')).flatMap((one) => {
    const id = textAt(one, 'id')
    const goes = id !== null && isToGo(at(one, 'properties'))
    return goes ? [deletionOf(INTERFACE, id, 'networkProfile.networkInterfaces')] : []
  })
}

function deletionOf(type: string, id: string, at: string): Link {
  return { id, type, action: `${type}/delete`, path: `properties.${at}` }
}
