import type { Machine } from '../../queries/machine.ts'
import type { Texts } from '../../texts/en.ts'

/** What of a virtual machine's protection is switched. */
export interface Security {
  readonly type: string
  readonly secureBoot: boolean
  readonly vTpm: boolean
}

/** What protects it now. */
export function securityOf({ properties }: Machine): Security {
  const { securityType: type = 'Standard', uefiSettings } = properties.securityProfile ?? {}
  const { secureBootEnabled: secureBoot = false, vTpmEnabled: vTpm = false } = uefiSettings ?? {}
  return { type, secureBoot, vTpm }
}

/** As it is asked for. */
export function profileOf({ type, secureBoot, vTpm }: Security) {
  const uefiSettings = { secureBootEnabled: secureBoot, vTpmEnabled: vTpm }
  return { securityType: type, ...(type === 'TrustedLaunch' && { uefiSettings }) }
}

/** A sentence for each thing that the change will do; none: nothing is changed. */
export function effectsOf(
  had: Security,
  wanted: Security,
  power: string,
  { effect }: Texts['resources'],
): readonly string[] {
  const switched = (now: boolean, was: boolean, on: string, off: string) =>
    now === was ? [] : [now ? on : off]
  const changes =
    had.type === wanted.type
      ? [
          ...switched(wanted.secureBoot, had.secureBoot, effect.secureBootOn, effect.secureBootOff),
          ...switched(wanted.vTpm, had.vTpm, effect.vTpmOn, effect.vTpmOff),
        ]
      : [wanted.type === 'TrustedLaunch' ? effect.trusted : effect.standard]
  if (changes.length === 0) return []
  return [...changes, power === 'running' ? effect.restart : effect.nextStart]
}
