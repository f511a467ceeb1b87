import { equalBytes } from '@trusted-launch/codec'
import type { Json } from './canonical-json.ts'
import type { Claim } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'
import { type WindowsBoot, windowsBootOf } from './windows-boot.ts'
import { DETAIL_CLAIMS } from './windows-details.ts'
import { BITLOCKER_PCR, WINDOWS_PCR } from './windows-log.ts'
import { SETTINGS, type Told } from './windows-settings.ts'

/**
 * What Windows tells of its own boot. `windows` alone where it tells nothing: false when every event
 * that could be Windows' is verified to be another's, null when not.
 *
 * Each other claim has three values: yes, no (or what was said), and *not reported*, null. A null is
 * `verified` when the log is whole and yet does not say it; absence is never "no". Of a log with a
 * fault, and of the system where it was only resumed from hibernation, nothing is verified; nor is anything where
 * PCR 8, 9 or 11 is not known, in which the loader of another system would show.
 *
 * `windows-vbs-required` is what was asked for, `windows-vbs-launched` what was started
 * (docs/notes/vbs-required-is-not-vbs-launched.md). None proves that the boot manager was Microsoft's:
 * PCR 4 and 7 do, through reference values and the measured authority.
 */
export function windowsClaims(log: VerifiedEventLog): Readonly<Record<string, Claim>> {
  const boot = windowsBootOf(log)
  if (boot === null) return { windows: notWindows(log) }
  return {
    windows: {
      value: true,
      verified: boot.alone,
      events: boot.log.marks,
    },
    'windows-resumed': fromSound(boot, boot.resumed, []),
    'windows-bitlocker-pcr-closed': boot.alone ? bitLockerClosed(log) : unverified,
    ...Object.fromEntries(
      [...SETTINGS, ...DETAIL_CLAIMS].map(({ claim, of }) => [
        claim,
        claimOf(
          boot,
          of,
          boot.told.find((one) => one.claim === claim),
        ),
      ]),
    ),
  }
}

function claimOf(boot: WindowsBoot, of: Told['of'], told: Told | undefined): Claim {
  if (boot.resumed && of === 'os') return unverified
  if (told === undefined) return { value: null, verified: boot.complete, events: [] }
  const ofAuthorities = told.reports.some(({ pcr }) => pcr === WINDOWS_PCR.authorities)
  if (told.value === null || (ofAuthorities && !boot.authoritiesWhole)) return unverified
  return fromSound(
    boot,
    told.value,
    told.reports.map(({ event }) => event),
  )
}

const unverified: Claim = { value: null, verified: false, events: [] }

function fromSound({ sound }: WindowsBoot, value: Json, events: readonly number[]): Claim {
  return sound ? { value, verified: true, events: [...new Set(events)] } : unverified
}

/** No event of Windows is verified: whether there is none, or only none that can be believed. */
function notWindows(log: VerifiedEventLog): Claim {
  const pcrs = [WINDOWS_PCR.settings, WINDOWS_PCR.modules]
  const another = pcrs.every(
    (pcr) => log.isWhole(pcr) && log.eventsOf(pcr).every(({ explanation }) => explanation.verified),
  )
  return another ? { value: false, verified: true, events: [] } : unverified
}

/**
 * BitLocker seals its key to PCR 11 as the boot manager finds it. Once that was extended, nothing
 * later in this boot can unseal what was sealed before. The register's value alone says so.
 */
function bitLockerClosed(log: VerifiedEventLog): Claim {
  const value = log.pcrs.get(BITLOCKER_PCR)
  if (value === undefined) return unverified
  const events = log.eventsOf(BITLOCKER_PCR).map(({ index }) => index)
  const closed = !equalBytes(value, log.replays.get(log.bank)!.pcrs.get(BITLOCKER_PCR)!.start)
  return { value: closed, verified: true, events }
}
