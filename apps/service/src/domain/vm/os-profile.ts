import { ArmError } from '@trusted-launch/api'
import type { JsonObject } from '../store.ts'
import { at, textAt } from './vm.ts'

/** @see Azure's own texts */
export function requireLogin(properties: JsonObject, osType: 'Linux' | 'Windows'): void {
  if (osType !== 'Linux') return
  const keys = at(properties, 'osProfile', 'linuxConfiguration', 'ssh', 'publicKeys')
  const isKeyed = Array.isArray(keys) && keys.length > 0
  const hasPassword = textAt(properties, 'osProfile', 'adminPassword') !== null
  if (isKeyed || hasPassword) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message:
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
    target: 'linuxConfiguration',
  })
}

/** What is never told again. */
export function withoutSecrets(properties: JsonObject): JsonObject {
  const osProfile = at(properties, 'osProfile')
  if (osProfile === undefined) return properties
  const { adminPassword: _, customData: __, ...rest } = osProfile as JsonObject
  return { ...properties, osProfile: rest }
}
