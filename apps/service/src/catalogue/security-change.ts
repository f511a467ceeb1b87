import type { Fault } from '@trusted-launch/api'
import { type Decided, type RequestedSecurity, type Security, STANDARD } from './security.ts'
import { bootFault, confidentialOf, type ImageFacts, runsTrustedLaunch } from './security-type.ts'
import { architectureOf, type Size } from './sizes.ts'
import { refusals } from './texts.ts'

/** A VM that exists, as far as a change of its security is concerned. */
export interface ExistingVm {
  readonly security: Security
  readonly size: Size
  readonly deallocated: boolean
  readonly hyperVGeneration: 'V1' | 'V2'
  /** What a generation 1 disk lacks to boot by UEFI (`a GPT`, `an EFI system partition`); empty: nothing. */
  readonly lacks: readonly string[]
}

export interface SecurityChange extends Security {
  readonly hyperVGeneration: 'V1' | 'V2'
  /** The VM runs and is restarted for it. */
  readonly restarts: boolean
}

/**
 * What a PUT or PATCH makes of an existing VM's security. Nothing said: nothing changes. Becoming Trusted Launch turns
 * the vTPM on and leaves Secure Boot off unless asked: what the disk holds was never tried against it.
 * Going back to Standard is a change like any other; a VM that came from generation 1 stays generation 2.
 */
export function securityChange(
  vm: ExistingVm,
  requested: RequestedSecurity,
): Decided<SecurityChange> {
  const from = vm.security.securityType
  const to = requested.securityType ?? from
  if (to === 'ConfidentialVM') return { fault: refusals.confidential() }
  if (to !== from && !vm.deallocated) return { fault: refusals.typeOfRunning() }
  if (to === 'Standard') return asStandard(vm, requested)
  return to === from ? asSwitched(vm, requested) : asTrustedLaunch(vm, requested)
}

/** Why a VM may not take another size, or null. */
export function resizeFault(
  vm: Pick<ExistingVm, 'security' | 'hyperVGeneration'>,
  architecture: ImageFacts['architecture'],
  size: Size,
): Fault | null {
  if (architecture !== architectureOf(size)) return refusals.sizeOfArchitecture(size, architecture)
  const { securityType } = vm.security
  if (securityType === 'TrustedLaunch')
    return runsTrustedLaunch(size) ? null : refusals.sizeWithoutType(size, securityType)
  if (confidentialOf(size) !== null) return refusals.sizeWithoutType(size, securityType)
  return bootFault(size, { architecture, securityType: null, ...vm })
}

function asStandard(vm: ExistingVm, requested: RequestedSecurity): Decided<SecurityChange> {
  if (requested.secureBootEnabled || requested.vTpmEnabled)
    return { fault: refusals.uefiWithoutTrustedLaunch("this VM is 'Standard'") }
  return { ...STANDARD, hyperVGeneration: vm.hyperVGeneration, restarts: false }
}

function asSwitched(vm: ExistingVm, requested: RequestedSecurity): SecurityChange {
  const { security, hyperVGeneration } = vm
  const secureBootEnabled = requested.secureBootEnabled ?? security.secureBootEnabled
  const vTpmEnabled = requested.vTpmEnabled ?? security.vTpmEnabled
  const switched =
    secureBootEnabled !== security.secureBootEnabled || vTpmEnabled !== security.vTpmEnabled
  const restarts = switched && !vm.deallocated
  return { ...security, secureBootEnabled, vTpmEnabled, hyperVGeneration, restarts }
}

function asTrustedLaunch(vm: ExistingVm, requested: RequestedSecurity): Decided<SecurityChange> {
  if (!runsTrustedLaunch(vm.size))
    return { fault: refusals.sizeWithoutType(vm.size, 'TrustedLaunch') }
  if (vm.hyperVGeneration === 'V1' && vm.lacks.length > 0)
    return { fault: refusals.generation1(vm.lacks) }
  return {
    securityType: 'TrustedLaunch',
    secureBootEnabled: requested.secureBootEnabled ?? false,
    vTpmEnabled: requested.vTpmEnabled ?? true,
    hyperVGeneration: 'V2',
    restarts: false,
  }
}
