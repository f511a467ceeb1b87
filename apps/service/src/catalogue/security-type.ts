import type { Decided, Notice, RequestedSecurity, Security } from './security.ts'
import { STANDARD } from './security.ts'
import { architectureOf, generationsOf, type Size } from './sizes.ts'
import { supportOf } from './support.ts'
import { refusals } from './texts.ts'

/** What of an image, or of the disk that a VM is made of, these rules read. */
export interface ImageFacts {
  readonly hyperVGeneration: 'V1' | 'V2'
  readonly architecture: 'x64' | 'Arm64'
  /** The feature `SecurityType`: `TrustedLaunchSupported`, `TrustedLaunch` …; null: none. */
  readonly securityType: string | null
}

/** Does this size run Trusted Launch VMs? By the newest statement about its series, else by its generation. */
export function runsTrustedLaunch(size: Size): boolean {
  const { current } = supportOf(size.series)
  const state = current?.state ?? 'supported'
  return state === 'supported' && size.traits.has('gen2') && confidentialOf(size) === null
}

/** May VMs of this image be Trusted Launch? The test that Azure's own clients make. */
export function imageTakesTrustedLaunch({ hyperVGeneration, securityType }: ImageFacts): boolean {
  return hyperVGeneration === 'V2' && (securityType ?? '').includes('TrustedLaunch')
}

/** Why VMs of an image can't be Trusted Launch; null: they can. */
export function unfitOf(image: ImageFacts): 'generation-1' | 'image' | null {
  if (imageTakesTrustedLaunch(image)) return null
  return image.hyperVGeneration === 'V1' ? 'generation-1' : 'image'
}

/** `SNP` or `TDX` where all VMs of a size are confidential, else null. */
export function confidentialOf({ traits }: Size): 'SNP' | 'TDX' | null {
  if (traits.has('snp')) return 'SNP'
  return traits.has('tdx') ? 'TDX' : null
}

/**
 * The security type of a new VM, at every api-version alike: what is asked for explicitly, or nothing; else Trusted
 * Launch with Secure Boot and vTPM where size and image allow it; else Standard, and a notice that says why.
 */
export function securityOfNew(
  requested: RequestedSecurity,
  size: Size,
  image: ImageFacts,
): Decided<Security & { readonly notices: readonly Notice[] }> {
  if (image.architecture !== architectureOf(size))
    return { fault: refusals.sizeOfArchitecture(size, image.architecture) }
  switch (requested.securityType) {
    case 'ConfidentialVM':
      return { fault: refusals.confidential() }
    case 'TrustedLaunch':
      return trustedLaunch(requested, size, image)
    case 'Standard':
      return standard(requested, size, image, 'Standard')
    case null: {
      const why = notApplied(size, image)
      if (why === null) return trustedLaunch(requested, size, image)
      return standard(requested, size, image, '<NULL>', why)
    }
  }
}

function trustedLaunch(requested: RequestedSecurity, size: Size, image: ImageFacts) {
  if (!runsTrustedLaunch(size)) return { fault: refusals.sizeWithoutType(size, 'TrustedLaunch') }
  if (!imageTakesTrustedLaunch(image)) return { fault: refusals.imageWithoutTrustedLaunch() }
  return {
    securityType: 'TrustedLaunch' as const,
    secureBootEnabled: requested.secureBootEnabled ?? true,
    vTpmEnabled: requested.vTpmEnabled ?? true,
    notices: [],
  }
}

function standard(
  requested: RequestedSecurity,
  size: Size,
  image: ImageFacts,
  type: string,
  why?: string,
) {
  const only = onlyTypeOf(image)
  if (only !== null) return { fault: refusals.imageOnlyWithType(only) }
  const boots = bootFault(size, image)
  if (boots !== null) return { fault: boots }
  if (confidentialOf(size) !== null) return { fault: refusals.sizeWithoutType(size, type) }
  if (requested.secureBootEnabled || requested.vTpmEnabled)
    return { fault: refusals.uefiWithoutTrustedLaunch(why ?? "'Standard' is asked for") }
  return { ...STANDARD, notices: why === undefined ? [] : [notAppliedNotice(why)] }
}

/** Why a size does not boot an image at all, or null. */
export function bootFault(size: Size, { hyperVGeneration }: ImageFacts) {
  if (generationsOf(size).includes(hyperVGeneration)) return null
  return refusals.sizeWithoutGeneration(size, hyperVGeneration.slice(1))
}

function notApplied(size: Size, image: ImageFacts): string | null {
  if (!runsTrustedLaunch(size)) return `the size ${size.name} does not support it`
  if (image.hyperVGeneration === 'V1') return 'the image is of generation 1'
  return imageTakesTrustedLaunch(image) ? null : 'the image is not marked as supporting it'
}

function notAppliedNotice(why: string): Notice {
  const message = `This VM has no Secure Boot and no vTPM: Trusted Launch is the default, but ${why}.`
  return { code: 'TrustedLaunch/NotApplied', level: 'Warning', message }
}

/** The only type that VMs of an image may have; null: any. */
function onlyTypeOf({ securityType }: ImageFacts): string | null {
  return securityType === 'TrustedLaunch' || securityType === 'ConfidentialVM' ? securityType : null
}
