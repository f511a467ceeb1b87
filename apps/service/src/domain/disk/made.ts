import { ArmError, keyOf } from '@trusted-launch/api'
import { diskChangeFault } from '../../catalogue/disk-security.ts'
import type { Json, JsonObject, Resource } from '../store.ts'
import { changeRefused } from '../vm/fixed.ts'
import { at, textAt } from '../vm/vm.ts'

/** Of `creationData`: these are bytes' names, in which the case of letters counts. */
const EXACT = ['sourceUri', 'securityDataUri']

/**
 * What a disk says after a change: what it was made as stays, also where nothing is said of it; so does its size.
 * @throws {ArmError} `PropertyChangeNotAllowed`: something else is said.
 */
export function withMade(was: JsonObject, asked: JsonObject): JsonObject {
  const type = textAt(asked, 'securityProfile', 'securityType')
  const fault = diskChangeFault(textAt(was, 'securityProfile', 'securityType'), type)
  if (fault !== null) throw new ArmError(fault)
  for (const name of ['osType', 'hyperVGeneration']) requireSame(was, asked, name)
  for (const name of Object.keys(objectAt(asked, 'creationData')))
    requireSame(was, asked, 'creationData', name)
  const { creationData, osType, hyperVGeneration, securityProfile, diskSizeGB } = was
  const { securityProfile: _, ...rest } = asked
  return {
    ...given({ diskSizeGB }),
    ...given(rest),
    ...given({ creationData, osType, hyperVGeneration, securityProfile }),
  }
}

/** A disk keeps its sku where a change names no other. */
export function withSku({ envelope: { sku } }: Resource, asked: JsonObject): JsonObject {
  const [was, is] = [{ sku: sku ?? null }, asked].map((one) => textAt(one, 'sku', 'name'))
  const isOther = is != null && keyOf(is) !== keyOf(was ?? '')
  return isOther ? asked : { ...asked, ...given({ sku }) }
}

function requireSame(was: JsonObject, asked: JsonObject, ...path: readonly string[]): void {
  const [before, after] = [was, asked].map((one) => at(one, ...path))
  if (after == null || isSame(before, after, EXACT.includes(path.at(-1)!))) return
  throw new ArmError(changeRefused(path.join('.')))
}

function isSame(before: Json | undefined, after: Json, isExact: boolean): boolean {
  const [one, other] = [before ?? null, after].map((value) => JSON.stringify(value))
  return isExact ? one === other : keyOf(one!) === keyOf(other!)
}

function objectAt(properties: JsonObject, name: string): JsonObject {
  return (at(properties, name) ?? {}) as JsonObject
}

/** Those members that there are. */
function given(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const there = Object.entries(members).filter(([, value]) => value != null)
  return Object.fromEntries(there) as JsonObject
}
