import { toHex } from '@trusted-launch/codec'
import { imagesOf } from './checks/boot-manager.ts'
import { type Authority, authoritiesOf } from './claims.ts'
import type { Compared } from './compare-references.ts'
import { COMPONENT } from './component.ts'
import { printable } from './printable.ts'
import { holdsWhole, type ReferenceVariant } from './reference-variant.ts'
import type { BootStage } from './result.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

/** In which order a boot goes through its stages. */
const stages: readonly string[] = [
  COMPONENT.firmware,
  COMPONENT.secureBoot,
  COMPONENT.secureBootVariables,
  COMPONENT.partitionTable,
  COMPONENT.shim,
  COMPONENT.mok,
  COMPONENT.systemdBoot,
  COMPONENT.grub,
  COMPONENT.grubConfiguration,
  COMPONENT.unifiedKernelImage,
  COMPONENT.kernel,
  COMPONENT.kernelCommandLine,
  COMPONENT.initrd,
]

/** Where a stage itself is measured; what else is measured of it (its settings, its end) is no stage. */
const homes: Readonly<Record<string, readonly number[]>> = {
  [COMPONENT.shim]: [4],
  [COMPONENT.systemdBoot]: [4],
  [COMPONENT.grub]: [4],
  [COMPONENT.unifiedKernelImage]: [4],
  // Without Secure Boot shim is not asked about it: GRUB's own measurement of the file is all there is.
  [COMPONENT.kernel]: [4, 9],
  [COMPONENT.grubConfiguration]: [9],
  [COMPONENT.kernelCommandLine]: [8, 11, 12],
  [COMPONENT.initrd]: [9, 11, 12],
  [COMPONENT.bootManager]: [4],
}

/**
 * The boot chain for people: what ran, in the order of its stages, with its digest, who signed it
 * (as the measured authorities say: db's for what the firmware started, shim's for what shim
 * verified) and whether it is what was expected. Without reference values nothing is compared and
 * only images are shown.
 */
export function bootChainOf(
  log: VerifiedEventLog,
  compared: readonly Compared[] | null,
  variant: ReferenceVariant | null,
): BootStage[] {
  const authorities = authoritiesOf(log)
  const isOurs = log.profile === 'strict' || (variant !== null && variant.firmware !== null)
  const head = isOurs ? ourFirmware(log, compared, variant) : anyFirmware(log, compared, variant)
  if (compared === null || variant === null)
    return [...head, ...rowsOfImages(log, authorities, 'not-compared')]
  const whole = isWhole(log, variant, 4)
  const images = whole === null ? [] : rowsOfImages(log, authorities, verdictOf(whole))
  return [...head, ...images, ...rowsOf(compared, authorities)]
}

/** Of a register that is compared by its value alone: whether it, and so each event of it, is the one expected. */
function isWhole(log: VerifiedEventLog, variant: ReferenceVariant, pcr: number): boolean | null {
  const value = log.pcrs.get(pcr)
  return value === undefined ? null : holdsWhole(variant, pcr, log.bank, toHex(value))
}

const verdictOf = (isExpected: boolean) => (isExpected ? 'expected' : 'not-compared')

/** Of a firmware that nobody knows: PCR 0 as a whole. */
function anyFirmware(
  log: VerifiedEventLog,
  compared: readonly Compared[] | null,
  variant: ReferenceVariant | null,
): BootStage[] {
  const [first] = log.eventsOf(0)
  const value = log.replays.get(log.bank)?.pcrs.get(0)?.value
  if (first === undefined || value === undefined) return []
  const rows = compared?.filter(({ pcr }) => pcr === 0) ?? []
  const whole = variant === null ? null : isWhole(log, variant, 0)
  const isExpected = whole ?? (rows.length === 0 ? null : rows.every(({ same }) => same))
  return [
    {
      stage: COMPONENT.firmware,
      what: 'all of PCR 0',
      digest: toHex(value),
      signer: null,
      pcr: 0,
      event: first.index,
      verdict: isExpected === null ? 'not-compared' : isExpected ? 'expected' : 'changed',
    },
  ]
}

/** Of OVMF: the volume that holds all of it but its start. */
function ourFirmware(
  log: VerifiedEventLog,
  compared: readonly Compared[] | null,
  variant: ReferenceVariant | null,
): BootStage[] {
  const firmware = log.eventsOf(0).slice(0, 3).at(-1)
  if (firmware === undefined) return []
  const pinned = compared?.find(({ actual }) => actual !== null && actual.index === firmware.index)
  const expected = pinned?.expected?.digests[log.bank] ?? variant?.firmware?.dxefv[log.bank]
  const told = variant !== null && isWhole(log, variant, 0) === true
  return [stageOfFirmware(firmware, told ? toHex(firmware.digest) : expected)]
}

function stageOfFirmware(event: VerifiedEvent, expected: string | undefined): BootStage {
  const digest = toHex(event.digest)
  const verdict = digest === expected ? 'expected' : 'changed'
  return {
    stage: COMPONENT.firmware,
    what: 'OVMF, volume DXEFV',
    digest,
    signer: null,
    pcr: 0,
    event: event.index,
    verdict: expected === undefined ? 'not-compared' : verdict,
  }
}

function rowsOf(compared: readonly Compared[], authorities: readonly Authority[]): BootStage[] {
  const seen = new Set<string>()
  const rows = compared.flatMap((pair) => {
    const row = rowOf(pair, authorities)
    const key = row === null ? '' : `${row.stage} ${row.what} ${row.digest} ${row.verdict}`
    if (row === null || seen.has(key)) return []
    seen.add(key)
    return [row]
  })
  const isVerified = rows.some(({ stage, pcr }) => stage === COMPONENT.kernel && pcr === 4)
  const place = ({ stage }: BootStage) => {
    const at = stages.indexOf(stage)
    return at < 0 ? stages.length : at
  }
  return rows
    .filter(({ stage, pcr }) => !(isVerified && stage === COMPONENT.kernel && pcr === 9))
    .sort((a, b) => place(a) - place(b) || a.event - b.event)
}

function rowOf(pair: Compared, authorities: readonly Authority[]): BootStage | null {
  const { expected, actual, component, pcr, same } = pair
  const isStage = homes[component]?.includes(pcr) === true
  const expectedAction = component === COMPONENT.bootManager && expected !== null
  if (actual === null || !isStage || expectedAction) return null
  return {
    stage: component,
    what: whatRan(pair),
    digest: toHex(actual.digest),
    signer: signerOf(component, authorities),
    pcr,
    event: actual.index,
    verdict: same ? 'expected' : expected === null ? 'unexpected' : 'changed',
  }
}

function whatRan({ expected, actual }: Compared): string {
  const data = actual?.explanation.verified ? actual.explanation.data : null
  if (data?.kind === 'ipl' && data.by === 'kernel_cmdline') return printable(data.text)
  return expected?.path ?? expected?.description ?? 'unknown'
}

function signerOf(component: string, authorities: readonly Authority[]): string | null {
  const byFirmware: readonly string[] = [
    COMPONENT.shim,
    COMPONENT.systemdBoot,
    COMPONENT.unifiedKernelImage,
  ]
  const byShim: readonly string[] = [COMPONENT.grub, COMPONENT.kernel]
  const first = (named: (name: string) => boolean) =>
    authorities.find(({ name, subject }) => subject !== null && named(name))?.subject ?? null
  if (byFirmware.includes(component)) return first((name) => name === 'db')
  if (byShim.includes(component)) return first((name) => name !== 'db') ?? first(() => true)
  return null
}

function rowsOfImages(
  log: VerifiedEventLog,
  authorities: readonly Authority[],
  verdict: BootStage['verdict'],
): BootStage[] {
  return imagesOf(log).map((event, i) => ({
    stage: i === 0 ? 'boot loader' : 'application',
    what: 'unknown',
    digest: toHex(event.digest),
    signer: i === 0 ? signerOf(COMPONENT.shim, authorities) : null,
    pcr: 4,
    event: event.index,
    verdict,
  }))
}
