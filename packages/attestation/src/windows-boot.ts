import { MalformedError } from '@trusted-launch/codec'
import {
  EV,
  SIPAEVENT,
  SIPAEVENTTYPE,
  sipaFamily,
  sipaNumber,
  TRANSFER_CONTROL,
} from '@trusted-launch/eventlog'
import { perLog, type VerifiedEvent, type VerifiedEventLog } from './verify-event-log.ts'
import { detailsOf } from './windows-details.ts'
import { BITLOCKER_PCR, WINDOWS_PCR, type WindowsLog, windowsLogOf } from './windows-log.ts'
import { type Report, type Reports, reportsOf } from './windows-reports.ts'
import { settingsOf, type Told } from './windows-settings.ts'

/** What a verified log says of a boot of Windows. */
export interface WindowsBoot {
  readonly log: WindowsLog
  readonly reports: Reports
  readonly told: readonly Told[]
  /** The boot manager called the program that resumes from hibernation: no system was started. */
  readonly resumed: boolean
  /** Windows reports that it could not measure something. */
  readonly errors: readonly Report[]
  /** Each register where another system's loader would show is known: only then is it said that it is Windows. */
  readonly alone: boolean
  /** It is alone, its log whole, in its form, and nothing is said twice: only then does it support a claim. */
  readonly sound: boolean
  /** All of PCR 14 up to its end is verified: what signed the modules is all there. */
  readonly authoritiesWhole: boolean
  /** Sound, and nothing could be missing from it: only then is what it does not say not said. */
  readonly complete: boolean
}

/** Where the loaders of other systems measure, and Windows nothing: GRUB, and the EFI stub of Linux. */
export const LOADER_PCRS: readonly number[] = [8, 9]

const windowsPcrs: readonly number[] = Object.values(WINDOWS_PCR)

/** Null: no event of Windows is verified. Made once for a log. */
export const windowsBootOf = perLog(read)

function read(verified: VerifiedEventLog): WindowsBoot | null {
  const log = windowsLogOf(verified)
  if (log === null) return null
  const reports = reportsOf(log.events)
  const { settings, modules, authorities } = WINDOWS_PCR
  const whole = (...pcrs: number[]) => pcrs.every((pcr) => verified.isWhole(pcr))
  const errors = reports.all.filter(({ id }) => sipaFamily(id) === SIPAEVENTTYPE.ERROR)
  const faults = log.faults.length + reports.faults.length
  const alone = whole(...LOADER_PCRS, BITLOCKER_PCR)
  const sound = alone && faults === 0 && whole(settings, modules)
  const authoritiesWhole = whole(authorities) && !log.hides
  return {
    log,
    reports,
    told: vbsLaunched([...settingsOf(reports.all), ...detailsOf(reports)]),
    resumed: transfersOf(reports).some(({ to }) => to === TRANSFER_CONTROL.RESUME),
    errors,
    alone,
    sound,
    authoritiesWhole,
    complete: sound && errors.length === 0 && authoritiesWhole,
  }
}

/** Whether an event has its place in a boot of Windows, though no other system has one there. */
export function isOfWindows(verified: VerifiedEventLog, event: VerifiedEvent): boolean {
  const boot = windowsBootOf(verified)
  if (boot === null) return false
  const { index, pcrIndex, eventType } = event
  if (pcrIndex === BITLOCKER_PCR) return eventType === EV.COMPACT_HASH
  // of a register without a value nothing is believed, so nothing is judged
  const unjudged = !verified.pcrs.has(pcrIndex) && windowsPcrs.includes(pcrIndex)
  return unjudged || boot.log.own.has(index)
}

/** Whom the boot manager gave control to; NaN: what it says is no number. */
export function transfersOf({ all }: Reports): { report: Report; to: number }[] {
  return all
    .filter(({ id }) => id === SIPAEVENT.TRANSFER_CONTROL)
    .map((report) => ({ report, to: numberOr(report.data, Number.NaN) }))
}

function numberOr(data: Uint8Array, otherwise: number): number {
  try {
    return Number(sipaNumber(data))
  } catch (e) {
    if (e instanceof MalformedError) return otherwise
    throw e
  }
}

/** Virtual secure mode runs on the hypervisor: that it was launched without one contradicts itself. */
function vbsLaunched(told: Told[]): Told[] {
  const without = told.some(
    ({ claim, value }) => claim === 'windows-hypervisor-launched' && value === false,
  )
  return told.map((one) =>
    without && one.claim === 'windows-vbs-launched' && one.value === true
      ? { ...one, value: false, contradicted: true }
      : one,
  )
}
