import {
  ArmError,
  administratorFault,
  customDataFault,
  type Fault,
  faults,
  hostNameFault,
  keyDataFault,
  keyPathFault,
  passwordFault,
} from '@trusted-launch/api'
import { listIn } from '../links.ts'
import type { Json, JsonObject } from '../store.ts'
import { changeRefused } from './fixed.ts'
import type { Given } from './seed.ts'
import { at, textAt } from './vm.ts'

type OsType = 'Linux' | 'Windows'

/**
 * What a new VM's `osProfile` may say, in Azure's order and words. @returns it with its defaults.
 * @throws {ArmError} `InvalidParameter`
 */
export function requireOsProfile(properties: JsonObject, osType: OsType, vmName: string) {
  const asked = at(properties, 'osProfile') as JsonObject | undefined
  if (asked === undefined) throw new ArmError(faults.missingParameter('osProfile'))
  const profile: JsonObject = { computerName: vmName, ...asked }
  const administrator = textAt(profile, 'adminUsername')
  if (administrator === null) throw new ArmError(faults.missingParameter('adminUsername'))
  const password = passwordIn(profile)
  const customData = textAt(profile, 'customData')
  refuse(hostNameFault(textAt(profile, 'computerName') ?? '', osType))
  refuse(administratorFault(administrator, osType))
  if (password !== null) refuse(passwordFault(password, osType))
  if (customData !== null) refuse(customDataFault(customData))
  requireSystem(profile, osType)
  if (osType === 'Linux') requireLinuxLogin(profile, administrator, password)
  else if (password === null) throw new ArmError(faults.missingParameter('adminPassword'))
  return profile
}

/** Null also where it is one of the public keys: templates of Azure's give the same parameter for both, whichever it is. */
export function passwordIn(osProfile: Json | undefined): string | null {
  const password = textAt(osProfile, 'adminPassword')
  const keys = listIn(at(osProfile, 'linuxConfiguration', 'ssh', 'publicKeys'))
  return keys.some((key) => textAt(key, 'keyData') === password) ? null : password
}

/** One system's configuration, and the image's. */
function requireSystem(profile: JsonObject, osType: OsType): void {
  const other = osType === 'Linux' ? 'windowsConfiguration' : 'linuxConfiguration'
  if (at(profile, other) !== undefined) throw new ArmError(faults.invalidParameter(other))
}

function requireLinuxLogin(profile: JsonObject, administrator: string, password: string | null) {
  const linux = at(profile, 'linuxConfiguration')
  const keys = listIn(at(linux, 'ssh', 'publicKeys'))
  for (const key of keys) {
    const path = textAt(key, 'path')
    if (path !== null) refuse(keyPathFault(path, administrator))
    refuse(keyDataFault(textAt(key, 'keyData') ?? ''))
  }
  const isPasswordTaken = at(linux, 'disablePasswordAuthentication') !== true && password !== null
  if (keys.length > 0 || isPasswordTaken) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message:
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
    target: 'linuxConfiguration',
  })
}

function refuse(fault: Fault | null): void {
  if (fault !== null) throw new ArmError(fault)
}

/**
 * A VM is given its password and its `customData` once. Templates that are deployed again say the same again, and who
 * reads a VM and puts it back, without them: neither is told them.
 * @param passwordHash of the password that is asked for, with the salt of the one that was given.
 * @throws {ArmError} `PropertyChangeNotAllowed`: another is asked for.
 */
export function requireGivenBefore(
  properties: JsonObject,
  passwordHash: string | null,
  given: Given,
): void {
  const password = passwordIn(at(properties, 'osProfile')) ?? ''
  const isSame = given.password !== null && [password, passwordHash].includes(given.password)
  if (password !== '' && !isSame) throw new ArmError(changeRefused('adminPassword'))
  const customData = (textAt(properties, 'osProfile', 'customData') ?? '').replace(/\s/g, '')
  if (customData !== '' && customData !== given.customData)
    throw new ArmError(changeRefused('customData'))
}

/** What is never told again. */
export function withoutSecrets(properties: JsonObject): JsonObject {
  const osProfile = at(properties, 'osProfile')
  if (osProfile === undefined) return properties
  const { adminPassword: _, customData: __, ...rest } = osProfile as JsonObject
  return { ...properties, osProfile: rest }
}
