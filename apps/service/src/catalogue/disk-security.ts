import { type Fault, faults } from '@trusted-launch/api'
import type { SecurityType } from './security.ts'
import type { ImageFacts } from './security-type.ts'
import { refusals } from './texts.ts'

/** What a disk says of itself, as far as security types are concerned. */
export interface DiskFacts {
  readonly hyperVGeneration: 'V1' | 'V2'
  readonly architecture: 'x64' | 'Arm64'
  /** `properties.securityProfile.securityType`: `TrustedLaunch` when it belongs to a VM's guest state. */
  readonly securityType: string | null
  /** `supportedCapabilities.supportedSecurityOption`: `TrustedLaunchSupported` … */
  readonly supportedSecurityOption: string | null
}

/** An OS disk as the image that a VM is made of. */
export function imageFactsOf(disk: DiskFacts): ImageFacts {
  const { hyperVGeneration, architecture, securityType, supportedSecurityOption } = disk
  return { hyperVGeneration, architecture, securityType: securityType ?? supportedSecurityOption }
}

/** Why a VM of this type may not start from this disk, or null. Data disks have no say. */
export function osDiskFault(vm: SecurityType, disk: DiskFacts): Fault | null {
  const guarded = disk.securityType === 'TrustedLaunch'
  if (disk.securityType !== null && !guarded) return refusals.osDiskOfOtherType()
  if (vm === 'Standard') return guarded ? refusals.osDiskOfOtherType() : null
  const able = guarded || (disk.supportedSecurityOption ?? '').includes('TrustedLaunch')
  return able && disk.hyperVGeneration === 'V2' ? null : refusals.osDiskOfOtherType()
}

/** Ways to make a disk that say what it holds; the others (`Copy`, `Restore` …) take their source's type. */
const SAYS_TYPE = ['fromimage', 'import', 'importsecure', 'upload', 'uploadpreparedsecure']

/** Why a disk may not be made with this security type, or null. */
export function diskCreateFault(securityType: string | null, createOption: string): Fault | null {
  if (securityType === null) return null
  if (securityType.startsWith('ConfidentialVM')) return refusals.confidential()
  if (securityType !== 'TrustedLaunch')
    return faults.invalidParameter('securityProfile.securityType')
  if (SAYS_TYPE.includes(createOption.toLowerCase())) return null
  return refusals.diskCreateOption(securityType, createOption)
}

/** Why a disk's security type may not become another, or null. `asked` null: nothing said. */
export function diskChangeFault(is: string | null, asked: string | null): Fault | null {
  return asked === null || asked === is ? null : refusals.diskPropertyChange()
}
