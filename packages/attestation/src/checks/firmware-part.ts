import { EV } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import type { Profile } from '../profile.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'
import { isSeparator } from './separators.ts'

/**
 * PCRs that are the firmware's alone: what follows their separator is somebody else's. PCR 4, 5 and 7
 * go on; in PCR 1 other firmware measures the boot options as it tries them.
 */
const closedPcrs: Readonly<Record<Profile, readonly number[]>> = {
  strict: [0, 1, 2, 3, 6],
  'pc-client': [0, 2, 3, 6],
}

const driverTypes: readonly number[] = [
  EV.EFI_BOOT_SERVICES_DRIVER,
  EV.EFI_RUNTIME_SERVICES_DRIVER,
  EV.EFI_PLATFORM_FIRMWARE_BLOB,
  EV.EFI_PLATFORM_FIRMWARE_BLOB2,
  EV.EFI_VARIABLE_DRIVER_CONFIG,
  EV.EFI_ACTION,
  EV.COMPACT_HASH,
  EV.EFI_SPDM_FIRMWARE_BLOB,
  EV.EFI_SPDM_FIRMWARE_CONFIG,
]

/** Within one PCR the order is measured: nothing after the separator of a PCR that is closed by it. */
function nothingAfterSeparator(log: VerifiedEventLog): Occurrence[] {
  return closedPcrs[log.profile].flatMap((pcr) => {
    const events = log.eventsOf(pcr)
    const end = events.findIndex(isSeparator)
    const later = end < 0 ? [] : events.slice(end + 1)
    if (later.length === 0) return []
    return [
      {
        id: 'eventlog.after-separator' as const,
        summary: `PCR ${pcr} was extended after the firmware had ended its part.`,
        pcr,
        events: later.map(({ index }) => index),
        tolerance: later.every(isDriver) ? ('driver-after-separator' as const) : null,
      },
    ]
  })
}

function isDriver({ eventType }: VerifiedEvent): boolean {
  return driverTypes.includes(eventType)
}

export const firmwarePartChecks: readonly Check[] = [
  {
    ...{ number: 27, title: 'nothing after a closing separator', run: nothingAfterSeparator },
    about: (log) => closedPcrs[log.profile].flatMap((pcr) => log.eventsOf(pcr)),
  },
]
