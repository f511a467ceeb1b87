import { fromUtf16le, MalformedError } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import { SIPAEVENT, sipaNumber } from '@trusted-launch/eventlog'
import type { Json } from './canonical-json.ts'
import { WINDOWS_PCR } from './windows-log.ts'
import type { Report, Reports } from './windows-reports.ts'
import { jsonOf, type Told } from './windows-settings.ts'
import { integrityPolicy, revocationList, textOf, unlockedBy, version } from './windows-values.ts'

/** Something Windows tells that is more than a switch: which reports it is in, and how one is read. */
interface Detail {
  readonly claim: string
  readonly of: 'boot' | 'os'
  readonly pick: (reports: Reports) => readonly Report[]
  /** @throws {MalformedError} its data is not what wbcl.h says. */
  readonly read: (report: Report) => Json
  /** `one`: all must say the same. `list`: everything said, each once. `union`: lists, joined. */
  readonly join: 'one' | 'list' | 'union'
}

const all = (id: number, pcr?: number) => (reports: Reports) =>
  reports.all.filter((report) => report.id === id && (pcr ?? report.pcr) === report.pcr)

/** A claim more is a row more. */
const DETAILS: readonly Detail[] = [
  {
    claim: 'windows-boot-manager-svn',
    of: 'boot',
    // within PCR 12 the order is measured: the boot manager tells its own before it calls another
    pick: (reports) => all(SIPAEVENT.APPLICATION_SVN, WINDOWS_PCR.settings)(reports).slice(0, 1),
    read: ({ data }) => jsonOf(sipaNumber(data)),
    join: 'one',
  },
  {
    claim: 'windows-boot-revocations',
    of: 'boot',
    pick: all(SIPAEVENT.BOOT_REVOCATION_LIST),
    read: revocationList,
    join: 'one',
  },
  {
    claim: 'windows-os-revocations',
    of: 'os',
    pick: all(SIPAEVENT.OS_REVOCATION_LIST),
    read: revocationList,
    join: 'one',
  },
  {
    claim: 'windows-bitlocker-unlock',
    of: 'boot',
    pick: all(SIPAEVENT.BITLOCKER_UNLOCK),
    read: ({ data }) => unlockedBy(sipaNumber(data)),
    join: 'union',
  },
  {
    claim: 'windows-code-integrity-policies',
    of: 'os',
    pick: all(SIPAEVENT.SI_POLICY),
    read: integrityPolicy,
    join: 'list',
  },
  { claim: 'windows-elam', of: 'os', pick: measuredDrivers, read: textOf, join: 'list' },
  {
    claim: 'windows-system-root',
    of: 'os',
    pick: all(SIPAEVENT.SYSTEMROOT),
    read: textOf,
    join: 'one',
  },
  {
    claim: 'windows-version',
    of: 'os',
    pick: versionOfKernel,
    read: ({ data }) => version(sipaNumber(data)),
    join: 'one',
  },
  {
    claim: 'windows-authorities',
    of: 'boot',
    pick: all(SIPAEVENT.AUTHORITYPUBKEY, WINDOWS_PCR.authorities),
    read: ({ data }) => digestHex('sha256', data),
    join: 'list',
  },
]

/** What such a claim is called, and whose it is. */
export const DETAIL_CLAIMS: readonly Pick<Detail, 'claim' | 'of'>[] = DETAILS

/** The details that Windows reports. Of what it does not report nothing is said. */
export function detailsOf(reports: Reports): Told[] {
  return DETAILS.flatMap((detail) => {
    const picked = detail.pick(reports)
    return picked.length === 0 ? [] : [tell(detail, picked)]
  })
}

function tell({ claim, of, read, join }: Detail, picked: readonly Report[]): Told {
  const common = { claim, of, reports: picked }
  try {
    const values = different(picked.map(read))
    const contradicted = join === 'one' && values.length > 1
    const joined = join === 'union' ? different(values.flat()) : values
    const value = join === 'one' ? (contradicted ? null : values[0]!) : joined
    return { ...common, value, contradicted, malformed: null }
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { ...common, value: null, contradicted: false, malformed: e.reason }
  }
}

/** The names of the ELAM drivers whose registry data was measured. */
function measuredDrivers({ elam }: Reports): Report[] {
  const measured = elam.filter((driver) => driver.some(({ id }) => id === SIPAEVENT.ELAM_MEASURED))
  return measured.flatMap((driver) => driver.filter(({ id }) => id === SIPAEVENT.ELAM_KEYNAME))
}

const kernelFile = /\\ntoskrnl\.exe\0?$/i

function versionOfKernel({ modules }: Reports): Report[] {
  const kernels = modules.filter((module) =>
    module.some(({ id, data }) => id === SIPAEVENT.FILEPATH && kernelFile.test(loose(data))),
  )
  return kernels.flatMap((module) => module.filter(({ id }) => id === SIPAEVENT.MODULE_VERSION))
}

/** A path to compare only: an odd last byte is no reason not to look. */
function loose(data: Uint8Array): string {
  return fromUtf16le(data.subarray(0, data.length & ~1))
}

function different(values: readonly Json[]): Json[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}
