import { type NewVm, type NewVmRequests, requestsFor } from '@trusted-launch/api'
import type { Draft, Secrets } from './draft.ts'
import type { ImageChoice } from './image-choices.ts'

/** In place of what is shown to nobody. */
export const UNTOLD: Secrets = { password: '<password>', customData: '' }
const UNTOLD_DATA = '<base64 of what cloud-init is told>'

/** What is sent for a draft; with {@link UNTOLD}, what is shown of it. @param group its path */
export function requestsOf(
  draft: Draft,
  secrets: Secrets,
  image: ImageChoice,
  place: { readonly location: string; readonly group: string },
): NewVmRequests {
  return requestsFor(place.group, newVmOf(draft, secrets, image, place.location))
}

function newVmOf(draft: Draft, secrets: Secrets, image: ImageChoice, location: string): NewVm {
  const { name, size, user, securityType, secureBoot, vTpm, osDiskGib, dataDisksGib } = draft
  const isTrusted = securityType === 'TrustedLaunch'
  const tags = tagsIn(draft.tags)
  return {
    ...{ name, location, size, user, securityType },
    ...{ image: image.reference, osType: image.osType },
    sshKey: draft.sshKey.trim() === '' ? null : draft.sshKey.trim(),
    ...(draft.hasPassword && { password: secrets.password }),
    secureBoot: isTrusted ? secureBoot : null,
    vTpm: isTrusted ? vTpm : null,
    customData: customDataOf(draft, secrets),
    ...{ machineOwnerKeys: [], guestCommands: false },
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(osDiskGib !== '' && { osDiskGib: Number(osDiskGib) }),
    dataDisksGib: dataDisksGib.map(Number),
    ...(draft.subnet !== '' && { subnet: draft.subnet }),
    ...(draft.securityGroup !== '' && { securityGroup: draft.securityGroup }),
    guestAttestation: attests(draft),
  }
}

/** Without a vTPM there is nothing to attest. */
export function attests({ securityType, vTpm, guestAttestation }: Draft): boolean {
  return securityType === 'TrustedLaunch' && vTpm && guestAttestation
}

function customDataOf({ hasCustomData }: Draft, secrets: Secrets): string | null {
  if (!hasCustomData) return null
  return secrets === UNTOLD ? UNTOLD_DATA : base64Of(secrets.customData)
}

export function base64Of(text: string): string {
  return btoa(
    Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''),
  )
}

/** The lines that are `name=value`. */
export function tagsIn(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').map((line) => /^\s*([^=\s][^=]*?)\s*=(.*)$/.exec(line))
  return Object.fromEntries(
    lines.flatMap((line) => (line === null ? [] : [[line[1]!, line[2]!.trim()]])),
  )
}
