import { type Codec, decode, Reader, rest } from '@trusted-launch/codec'
import { hasSignature, SIGNATURE } from './constants.ts'
import { TCG_EfiSpecIDEvent } from './event.ts'
import type { EventData } from './event-data.ts'
import {
  TCG_EfiStartupLocalityEvent,
  TCG_Sp800_155_PlatformId_Event,
  TCG_Sp800_155_PlatformId_Event2,
  TCG_Sp800_155_PlatformId_Event3,
} from './event-data-structures.ts'
import { printable } from './event-text.ts'

/** EV_NO_ACTION, by the signature it begins with. @throws {MalformedError} not what that says. */
export function noAction(bytes: Uint8Array): EventData {
  if (hasSignature(bytes, SIGNATURE.specId03))
    return { kind: 'spec-id', specId: decode(TCG_EfiSpecIDEvent, bytes) }
  if (hasSignature(bytes, SIGNATURE.startupLocality)) {
    const { startupLocality } = decode(TCG_EfiStartupLocalityEvent, bytes)
    return { kind: 'startup-locality', locality: startupLocality }
  }
  for (const [signature, version, layout] of platformIdEvents)
    if (hasSignature(bytes, signature)) return platformId(readPadded(layout, bytes), version)
  const signature = printable(bytes.subarray(0, 16)) ?? ''
  return { kind: 'no-action', signature, bytes }
}

type PlatformId = {
  referenceManifestGuid: string
  platformManufacturerStr?: Uint8Array
  platformModel?: Uint8Array
  platformVersion?: Uint8Array
}

const platformIdEvents: readonly [string, 1 | 2 | 3, Codec<PlatformId>][] = [
  [SIGNATURE.sp800155, 1, TCG_Sp800_155_PlatformId_Event],
  [SIGNATURE.sp800155Event2, 2, TCG_Sp800_155_PlatformId_Event2],
  [SIGNATURE.sp800155Event3, 3, TCG_Sp800_155_PlatformId_Event3],
]

function platformId(event: PlatformId, version: 1 | 2 | 3): EventData {
  const { platformManufacturerStr, platformModel, platformVersion, referenceManifestGuid } = event
  const platform = [platformManufacturerStr, platformModel, platformVersion]
    .map((bytes) => printable(bytes ?? new Uint8Array(0)) ?? '')
    .filter((text) => text !== '')
    .join(' ')
  return { kind: 'sp800-155', version, referenceManifestGuid, platform }
}

/** The layout, then zeros up to a multiple of eight bytes (Google's firmware). */
function readPadded<T>(layout: Codec<T>, bytes: Uint8Array): T {
  const from = new Reader(bytes)
  const value = layout.read(from)
  if (
    rest({ max: 7 })
      .read(from)
      .some((byte) => byte !== 0)
  )
    throw from.malformed('a byte where zeros must be')
  return value
}
