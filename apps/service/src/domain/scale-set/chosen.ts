import { ArmError, type Fault, faults, keyOf } from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, Resource, Tables } from '../store.ts'
import { VM } from '../vm/vm.ts'
import {
  instanceIdOf,
  instancesOf,
  isFlexible,
  isGoing,
  isProtectedFrom,
  type ScaleSet,
} from './scale-set.ts'

/**
 * The instances that a request names; `*`, or no list at all, are all of them that nobody protects.
 * @throws {ArmError} `InvalidParameter`: there is no such instance, or no list where one must be.
 */
export async function requireChosen(
  tables: Pick<Tables, 'resources'>,
  set: ScaleSet,
  instanceIds: Json | undefined,
): Promise<Resource[]> {
  const named = listIn(instanceIds).map(String)
  const here = (await instancesOf(tables, set)).filter((each) => !isGoing(each))
  if (instanceIds === undefined || named.includes('*'))
    return here.filter((each) => !isProtectedFrom(each, 'ScaleSetActions'))
  if (named.length === 0) throw new ArmError(faults.missingParameter('instanceIds'))
  const byId = new Map(here.map((each) => [instanceIdOf(each).toLowerCase(), each]))
  return [...new Set(named.map((id) => id.toLowerCase()))].map((id) => {
    const found = byId.get(id)
    if (found === undefined) throw new ArmError(noInstance(id, set.name))
    return found
  })
}

function noInstance(id: string, set: string): Fault {
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `The provided instanceId ${id.slice(0, 100)} is not an active Virtual Machine Scale Set VM instanceId of '${set}'.`,
    target: 'instanceIds',
  }
}

/** The instance of that id. @throws {ArmError} `ResourceNotFound` */
export async function requireInstance(
  { resources }: Pick<Tables, 'resources'>,
  set: ScaleSet,
  instanceId: string,
): Promise<Resource> {
  const group = set.id.split('/providers/')[0]
  const id = isFlexible(set)
    ? `${group}/providers/${VM}/${instanceId}`
    : `${set.id}/virtualMachines/${instanceId}`
  const found = await resources.get(id)
  if (found !== null && keyOf(found.parentId ?? '') === keyOf(set.id)) return found
  throw new ArmError(faults.resourceNotFound(`${set.id}/virtualMachines/${instanceId}`))
}
