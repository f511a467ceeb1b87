import type { Tier } from '@trusted-launch/attestation'
import type { Look } from './output.ts'

/** A text in the colour of what it says; by itself, so that a list of VMs does not load the verifier. */
export function colored(text: string, tier: Tier, { colors }: Look): string {
  if (tier === 'affirming') return colors.green(text)
  return tier === 'warning' ? colors.yellow(text) : colors.red(text)
}
