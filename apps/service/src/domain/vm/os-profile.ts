import { ArmError, type Fault, faults } from '@trusted-launch/api'
import {
  administratorFault,
  customDataFault,
  hostNameFault,
  passwordFault,
} from '../../catalogue/administrators.ts'
import { keyDataFault, keyPathFault } from '../../catalogue/ssh-keys.ts'
import { listIn } from '../links.ts'
import type { JsonObject } from '../store.ts'
import { at, type Notice, textAt } from './vm.ts'

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
  const password = textAt(profile, 'adminPassword')
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

const SECRETS = ['adminPassword', 'customData'] as const

/** A VM that is there is told nothing more: templates that are deployed again say it again. */
export function notGivenAgain(properties: JsonObject): Notice[] {
  const given = SECRETS.filter((name) => textAt(properties, 'osProfile', name) !== null)
  if (given.length === 0) return []
  const message = `A VM is given its ${given.join(' and ')} at its creation alone: what was sent now has no effect.`
  return [{ code: 'OsProfile/GivenAtCreation', level: 'Warning', message }]
}

/** What is never told again. */
export function withoutSecrets(properties: JsonObject): JsonObject {
  const osProfile = at(properties, 'osProfile')
  if (osProfile === undefined) return properties
  const { adminPassword: _, customData: __, ...rest } = osProfile as JsonObject
  return { ...properties, osProfile: rest }
}
