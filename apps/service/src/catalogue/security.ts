import { type Fault, faults } from '@trusted-launch/api'
import type { Json, JsonObject } from '../domain/store.ts'

export type SecurityType = 'Standard' | 'TrustedLaunch'

/** How a VM's firmware is to be: what was asked for with all defaults filled in. */
export interface Security {
  readonly securityType: SecurityType
  readonly secureBootEnabled: boolean
  readonly vTpmEnabled: boolean
}

/** What a client sent of `securityProfile`; null: nothing said. */
export interface RequestedSecurity {
  readonly securityType: SecurityType | 'ConfidentialVM' | null
  readonly secureBootEnabled: boolean | null
  readonly vTpmEnabled: boolean | null
}

/** A word to the client that Azure has no field for: an entry of `instanceView.statuses`. */
export interface Notice {
  /** `TrustedLaunch/NotApplied` */
  readonly code: string
  readonly level: 'Info' | 'Warning'
  readonly message: string
}

/** What the rules make of a request, or why it is refused. A verdict: never thrown. */
export type Decided<T> = T | { readonly fault: Fault }

export const STANDARD: Security = {
  securityType: 'Standard',
  secureBootEnabled: false,
  vTpmEnabled: false,
}

const SECURITY_TYPES = ['Standard', 'TrustedLaunch', 'ConfidentialVM'] as const

/**
 * Reads `properties.securityProfile` (of a VM or of a scale set's profile). Booleans may be the strings `"true"` and
 * `"false"`: Azure Policy's remediations send them.
 */
export function requestedSecurity(profile: Json | undefined): Decided<RequestedSecurity> {
  const target = 'securityProfile'
  if (profile === undefined || profile === null) return NOTHING_SAID
  if (!isObject(profile)) return { fault: faults.invalidParameter(target) }
  const { securityType = null, uefiSettings = null } = profile
  const type = SECURITY_TYPES.find((name) => name.toLowerCase() === lowered(securityType))
  if (securityType !== null && type === undefined)
    return { fault: faults.invalidParameter(`${target}.securityType`) }
  if (uefiSettings !== null && !isObject(uefiSettings))
    return { fault: faults.invalidParameter(`${target}.uefiSettings`) }
  const secureBootEnabled = switchOf(uefiSettings?.secureBootEnabled)
  if (secureBootEnabled === undefined)
    return { fault: faults.invalidParameter(`${target}.uefiSettings.secureBootEnabled`) }
  const vTpmEnabled = switchOf(uefiSettings?.vTpmEnabled)
  if (vTpmEnabled === undefined)
    return { fault: faults.invalidParameter(`${target}.uefiSettings.vTpmEnabled`) }
  return { securityType: type ?? null, secureBootEnabled, vTpmEnabled }
}

const NOTHING_SAID: RequestedSecurity = {
  securityType: null,
  secureBootEnabled: null,
  vTpmEnabled: null,
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lowered(value: Json): string | null {
  return typeof value === 'string' ? value.toLowerCase() : null
}

/** Undefined: neither a boolean nor the word for one. */
function switchOf(value: Json | undefined): boolean | null | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? null
  return { true: true, false: false }[lowered(value) ?? '']
}
