import { isDeepStrictEqual } from 'node:util'
import { ArmError, type Fault } from '@trusted-launch/api'
import type { Json, JsonObject } from '../store.ts'
import { at } from './vm.ts'

const FIXED = [
  ...['adminUsername', 'computerName', 'secrets', 'allowExtensionOperations'].map(
    (name) => `osProfile.${name}`,
  ),
  ...['ssh.publicKeys', 'disablePasswordAuthentication'].map(
    (name) => `osProfile.linuxConfiguration.${name}`,
  ),
  ...['storageProfile.imageReference', 'virtualMachineScaleSet', 'trustedLaunch', 'priority'],
]

/** What a VM has of which nothing was said when it was made. */
const DEFAULTS: JsonObject = {
  priority: 'Regular',
  'osProfile.linuxConfiguration.disablePasswordAuthentication': false,
}

/** What stays when nothing is said of it, beside what is fixed. */
const KEPT = ['osProfile', 'osProfile.linuxConfiguration', 'osProfile.windowsConfiguration']

/** What a VM was made with stays, said again or not. @returns `after` with it. @throws {ArmError} `PropertyChangeNotAllowed` */
export function withFixed(before: JsonObject, after: JsonObject): JsonObject {
  for (const path of FIXED) requireSame(before, after, path)
  const names = (path: string) => path.split('.')
  const kept = KEPT.map(names).reduce((whole, path) => {
    const was = at(before, ...path)
    return was === undefined
      ? whole
      : put(whole, path, { ...(was as object), ...(at(whole, ...path) as object) })
  }, after)
  return FIXED.map(names).reduce((whole, path) => {
    const was = at(before, ...path)
    return was === undefined ? whole : put(whole, path, was)
  }, kept)
}

/** @throws {ArmError} another value is asked for: what is left out asks for nothing, an empty list for none. */
function requireSame(before: JsonObject, after: JsonObject, path: string): void {
  const [was, is] = [before, after].map((one) => at(one, ...path.split('.')))
  if (isLeftOut(is) || isDeepStrictEqual(was ?? DEFAULTS[path], is)) return
  if (isNothing(was) && isNothing(is)) return
  throw new ArmError(changeRefused(path.replace(/^(osProfile|storageProfile)\./, '')))
}

function isLeftOut(value: Json | undefined): boolean {
  return isNothing(value) && !Array.isArray(value) && Object.values(value ?? {}).every(isLeftOut)
}

function isNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.values(value).every(isNothing)
}

function put(whole: JsonObject, [name, ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...whole, [name!]: value }
  return { ...whole, [name!]: put((whole[name!] ?? {}) as JsonObject, rest, value) }
}

/** @param target as Azure names it: within `osProfile` or `storageProfile`. */
export function changeRefused(target: string): Fault {
  const message = `Changing property '${target}' is not allowed.`
  return { status: 409, code: 'PropertyChangeNotAllowed', message, target }
}
