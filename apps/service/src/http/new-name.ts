import { ArmError } from '@trusted-launch/api'

const NETWORK = /^\w(?:[\w.-]{0,78}\w)?$/
const OTHER = /^[a-z\d](?:[\w.-]{0,78}\w)?$/i

/**
 * What a new resource may be called, in Azure's words. Letters are ASCII only, where Azure takes any: what two
 * alphabets write alike, or in another case of another length, is no name.
 * @throws {ArmError} 400
 */
export function requireNewName(type: string, name: string): void {
  // Types of ours have rules of their own.
  if (type.startsWith('TrustedLaunch/')) return
  if (type.startsWith('Microsoft.Network/')) {
    if (NETWORK.test(name)) return
    throw new ArmError({
      status: 400,
      code: 'InvalidResourceName',
      message: `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
    })
  }
  if (OTHER.test(name)) return
  throw new ArmError({
    status: 400,
    code: 'InvalidParameter',
    message: `The entity name '${name}' is invalid according to its validation rule: ^[^_\\W][\\w-._]{0,79}(?<![-.])$.`,
    target: 'name',
  })
}
