import { families } from './sizes.ts'

/** `not-yet`: generation 2, without Trusted Launch; `never`: the series can't. */
export type State = 'supported' | 'not-yet' | 'never'

/** What somebody said of a series, and when. */
export interface Statement {
  readonly state: State
  readonly source: string
  readonly date: string
}

export interface SeriesSupport {
  readonly series: string
  /** By the table this product was made from; null: it does not name the series. */
  readonly mission: Statement | null
  /** By the newest that says anything: what refusals follow. Null: nobody does; the generation decides. */
  readonly current: Statement | null
}

/** One source: words of whole families (`B`, `NC`) and of series (`Dpsv5`), which weigh more. */
interface Page {
  readonly source: string
  readonly date: string
  readonly families?: Partial<Record<State, string>>
  readonly series?: Partial<Record<State, string>>
}

const mission: Page = {
  source: 'Trusted Launch for Azure virtual machines, older page (French)',
  date: 'before 2024-04',
  families: { supported: 'B' },
  series: {
    supported:
      'DCsv2 DCsv3 DCdsv3 Dv4 Dsv4 Dsv3 Dsv2 Dav4 Dasv4 Ddv4 Ddsv4 Dv5 Dsv5 Ddv5 Ddsv5 Dasv5 Dadsv5 Dlsv5 Dldsv5 ' +
      'FX Fsv2 Esv3 Ev4 Esv4 Edv4 Edsv4 Eav4 Easv4 Easv5 Eadsv5 Ebsv5 Ebdsv5 Edv5 Edsv5 Lsv2 Lsv3 Lasv3 ' +
      'NCv2 NCv3 NCasT4_v3 NVv3 NVv4 NDv2 NC_A100_v4 NVadsA10_v5 HB HBv2 HBv3 HBv4 HC HX',
    'not-yet': 'Dpsv5 Dpdsv5 Dplsv5 Dpldsv5 Epsv5 Epdsv5 M Msv2 Mdsv2 Mv2 NDasrA100_v4 NDm_A100_v4',
    never: 'Av2 Dv2 Dv3 Ev3 NC NV NP',
  },
}

/** The newest that names a series comes first. */
const newest: readonly Page[] = [
  {
    source: 'https://learn.microsoft.com/azure/virtual-machines/trusted-launch',
    date: '2026-07-27',
    families: { supported: 'B D F FX E L NC ND NV', never: 'A EC M' },
    series: {
      supported: 'HBv2 HBv3 HBv4 HBv5 HC HX NDasrA100_v4 NDm_A100_v4',
      // Of Arm64 it names those with Cobalt 100 as supported, of the older ones Dp* as not supported yet.
      'not-yet': 'Dpsv5 Dpdsv5 Dplsv5 Dpldsv5 Epsv5 Epdsv5 Bpsv2 Mbdsv4',
      never:
        'Dv2 Dv3 NC NV NP DCasv5 DCadsv5 DCasccv5 DCadsccv5 DCesv5 DCedsv5 DCasv6 DCadsv6 DCesv6 DCedsv6',
    },
  },
  {
    // The page above means confidential VMs by its "DC-Confidential family"; these are enclaves in ordinary ones.
    source: 'Microsoft.Compute/skus: Standard_DC8s_v3 is V2 without TrustedLaunchDisabled',
    date: '2024-12-13',
    series: { supported: 'DCsv2 DCsv3 DCdsv3' },
  },
]

const generation1: Statement = {
  state: 'never',
  source: 'Microsoft.Compute/skus: HyperVGenerations is V1',
  date: '2026-08-22',
}

/** Every series, in the order of the families. */
export const seriesSupport: readonly SeriesSupport[] = [
  ...new Map(families.map((family) => [family.series, family])).values(),
].map(({ series, is }) => ({
  series,
  mission: said(mission, series),
  current: is.split(' ').includes('gen2')
    ? (newest.map((page) => said(page, series)).find((found) => found !== null) ?? null)
    : generation1,
}))

const bySeries = new Map(seriesSupport.map((row) => [row.series, row]))

/** @throws when there is no such series. */
export function supportOf(series: string): SeriesSupport {
  const found = bySeries.get(series)
  if (found === undefined) throw new Error(`no series ${series}`)
  return found
}

function said(page: Page, series: string): Statement | null {
  const state = among(page.series, series) ?? among(page.families, familyOf(series))
  return state === undefined ? null : { state, source: page.source, date: page.date }
}

function among(words: Page['series'], word: string): State | undefined {
  const states = ['supported', 'not-yet', 'never'] as const
  return states.find((state) => words?.[state]?.split(' ').includes(word))
}

/** `Dsv5` is of `D`, `DCasv5` of `DC`. */
function familyOf(series: string): string {
  return /^(?:DC|EC|FX|NCC|NC|ND|NG|NP|NV|HB|HC|HX|PB|[A-Z])/.exec(series)?.[0] ?? ''
}
