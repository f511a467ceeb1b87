import { MalformedError } from '@trusted-launch/codec'
import { LSA_ISO, SIPAEVENT, sipaNumber } from '@trusted-launch/eventlog'
import type { Json } from './canonical-json.ts'
import type { Report } from './windows-reports.ts'

/** What several reports of one setting come to. */
export interface Setting {
  /** The claim's name. */
  readonly claim: string
  readonly id: number
  /**
   * Whose it is. `loader`: each boot program says it of itself, so they may differ. `boot`: one boot,
   * one value. `os`: one system, one value, which a resume from hibernation does not say again.
   */
  readonly of: 'loader' | 'boot' | 'os'
  readonly kind: keyof typeof latches
}

/**
 * How values become one. A flag that weakens is on once it is on anywhere; one that protects is off
 * once it is off anywhere: no later report takes back an earlier one.
 */
const latches = {
  weakens: (values: readonly bigint[]) => values.some((value) => flag(value)),
  protects: (values: readonly bigint[]) => values.every((value) => flag(value)),
  launched: (values: readonly bigint[]) => values.every((value) => value !== 0n),
  'lsa-isolated': (values: readonly bigint[]) => values.every((value) => isIsolated(value)),
  number: (values: readonly bigint[]) => (agree(values) ? jsonOf(values[0]!) : null),
} as const satisfies Record<string, (values: readonly bigint[]) => Json>

/** Every setting that is a claim. A setting more is a row more. */
export const SETTINGS: readonly Setting[] = [
  row('windows-boot-debug', SIPAEVENT.BOOTDEBUGGING, 'loader', 'weakens'),
  row('windows-test-signing', SIPAEVENT.TESTSIGNING, 'loader', 'weakens'),
  row('windows-flight-signing', SIPAEVENT.FLIGHTSIGNING, 'loader', 'weakens'),
  row('windows-code-integrity', SIPAEVENT.CODEINTEGRITY, 'loader', 'protects'),
  row('windows-boot-counter', SIPAEVENT.BOOTCOUNTER, 'boot', 'number'),
  row('windows-kernel-debug', SIPAEVENT.OSKERNELDEBUG, 'os', 'weakens'),
  row('windows-hypervisor-debug', SIPAEVENT.HYPERVISOR_DEBUG, 'os', 'weakens'),
  row('windows-safe-mode', SIPAEVENT.SAFEMODE, 'os', 'weakens'),
  row('windows-pe', SIPAEVENT.WINPE, 'os', 'weakens'),
  row('windows-dep-policy', SIPAEVENT.DATAEXECUTIONPREVENTION, 'os', 'number'),
  row('windows-hypervisor-launched', SIPAEVENT.HYPERVISOR_LAUNCH_TYPE, 'os', 'launched'),
  row('windows-hypervisor-iommu-policy', SIPAEVENT.HYPERVISOR_IOMMU_POLICY, 'os', 'number'),
  row('windows-boot-dma-protection', SIPAEVENT.HYPERVISOR_BOOT_DMA_PROTECTION, 'os', 'protects'),
  row('windows-vbs-launched', SIPAEVENT.VSM_LAUNCH_TYPE, 'os', 'launched'),
  row('windows-vbs-required', SIPAEVENT.VBS_VSM_REQUIRED, 'os', 'protects'),
  row('windows-vbs-mandatory', SIPAEVENT.VBS_MANDATORY_ENFORCEMENT, 'os', 'protects'),
  row('windows-vbs-secure-boot-required', SIPAEVENT.VBS_SECUREBOOT_REQUIRED, 'os', 'protects'),
  row('windows-vbs-iommu-required', SIPAEVENT.VBS_IOMMU_REQUIRED, 'os', 'protects'),
  row('windows-hvci-policy', SIPAEVENT.VBS_HVCI_POLICY, 'os', 'number'),
  row('windows-credential-guard', SIPAEVENT.LSAISO_CONFIG, 'os', 'lsa-isolated'),
]

/** What Windows tells of one thing, from every report of it. */
export interface Told {
  readonly claim: string
  readonly of: Setting['of']
  readonly reports: readonly Report[]
  readonly value: Json
  /** Whether reports that ought to be the same differ. The value is then the weaker, or null. */
  readonly contradicted: boolean
  /** Why there is no value although something is reported; null: there is. */
  readonly malformed: string | null
}

/** The settings that Windows reports. Of what it does not report nothing is said: absence is no value. */
export function settingsOf(all: readonly Report[]): Told[] {
  return SETTINGS.flatMap((setting) => {
    const reports = all.filter(({ id }) => id === setting.id)
    return reports.length === 0 ? [] : [told(setting, reports)]
  })
}

function told({ claim, of, kind }: Setting, reports: readonly Report[]): Told {
  const common = { claim, of, reports }
  try {
    const values = reports.map(({ data }) => sipaNumber(data))
    const contradicted = of !== 'loader' && !agree(values)
    return { ...common, value: latches[kind](values), contradicted, malformed: null }
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { ...common, value: null, contradicted: false, malformed: e.reason }
  }
}

function row(claim: string, id: number, of: Setting['of'], kind: Setting['kind']): Setting {
  return { claim, id, of, kind }
}

function flag(value: bigint): boolean {
  if (value > 1n) throw new MalformedError('', 0, `a flag of ${value}`)
  return value === 1n
}

function isIsolated(value: bigint): boolean {
  const { ENABLED_WITH_UEFI_LOCK, ENABLED_WITHOUT_LOCK } = LSA_ISO
  return (value & BigInt(ENABLED_WITH_UEFI_LOCK | ENABLED_WITHOUT_LOCK)) !== 0n
}

function agree(values: readonly bigint[]): boolean {
  return values.every((value) => value === values[0])
}

/** As a number where JSON can hold it exactly, else as decimal text. */
export function jsonOf(value: bigint): Json {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
}
