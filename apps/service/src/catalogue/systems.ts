import type { Statement } from './support.ts'

/** An operating system's release, and what has been said of it with Trusted Launch. */
export interface SystemSupport {
  readonly system: string
  readonly version: string
  readonly mission: Statement | null
  /** Null: said once, and no longer: the newest page does not name it. */
  readonly current: Statement | null
}

interface Page {
  readonly source: string
  readonly date: string
  readonly systems: Readonly<Record<string, string>>
}

const WINDOWS_CLIENT = 'Pro, Enterprise, Enterprise multi-session'
const SOURCE = 'https://learn.microsoft.com/azure/virtual-machines/trusted-launch'

const mission: Page = {
  source: 'Trusted Launch for Azure virtual machines, older page (French)',
  date: 'before 2024-04',
  systems: {
    'Alma Linux': '8.7, 8.8, 9.0',
    'Azure Linux': '1.0, 2.0',
    Debian: '11, 12',
    'Oracle Linux': '8.3, 8.4, 8.5, 8.6, 8.7, 8.8 LVM, 9.0, 9.1 LVM',
    'Red Hat Enterprise Linux': '8.4, 8.5, 8.6, 8.7, 8.8, 9.0, 9.1 LVM, 9.2',
    'SUSE Linux Enterprise': '15 SP3, 15 SP4, 15 SP5',
    'Ubuntu Server': '18.04 LTS, 20.04 LTS, 22.04 LTS, 23.04, 23.10',
    'Windows 10': WINDOWS_CLIENT,
    'Windows 11': WINDOWS_CLIENT,
    'Windows Server': '2016, 2019, 2022, 2022 Azure Edition',
  },
}

/** What the page of 2026 added to the one of 2025; what it took away is not here. */
const newest: readonly Page[] = [
  {
    source: SOURCE,
    date: '2026-07-27',
    systems: {
      'Alma Linux': '8, 9, 10',
      'Azure Linux': '3.0',
      Debian: '13',
      'Oracle Linux': '8.10, 9.6, 9.7, 10.1',
      'Red Hat Enterprise Linux': '10.2',
      'Rocky Linux from CIQ': '9.5, 9.7',
      'SUSE Linux Enterprise': '15 SP6, 15 SP7, 16',
      'Ubuntu Server': '24.04 LTS, 26.04 LTS',
    },
  },
  {
    source: SOURCE,
    date: '2025-04-21',
    systems: {
      'Alma Linux': '8.7, 8.8, 9.0',
      'Azure Linux': '1.0, 2.0',
      Debian: '11, 12',
      'Oracle Linux': '8.3, 8.4, 8.5, 8.6, 8.7, 8.8 LVM, 9.0, 9.1 LVM',
      'Red Hat Enterprise Linux': '8.6, 8.8, 8.10, 9.4, 9.5, 9.6',
      'Rocky Linux from CIQ': '8.6, 8.10, 9.2, 9.4, 9.6',
      'SUSE Linux Enterprise': '15 SP3, 15 SP4, 15 SP5',
      'Ubuntu Server': '18.04 LTS, 20.04 LTS, 22.04 LTS',
      'Windows 10': WINDOWS_CLIENT,
      'Windows 11': WINDOWS_CLIENT,
      'Windows Server': '2016, 2019, 2022, 2022 Azure Edition, 2025, 2025 Azure Edition',
    },
  },
]

const key = (system: string, version: string) => `${system} ${version}`

/** Every release that any of the pages names; a floor, not a fence: others may boot as well. */
export const systems: readonly SystemSupport[] = [
  ...new Map(
    [mission, ...newest.toReversed()].flatMap((page) =>
      releasesOf(page).map((release) => [key(release.system, release.version), release] as const),
    ),
  ).values(),
]
  .map(({ system, version }) => ({
    system,
    version,
    mission: said(mission, system, version),
    current: newest.map((page) => said(page, system, version)).find((found) => found) ?? null,
  }))
  .sort((a, b) => a.system.localeCompare(b.system, 'en'))

function releasesOf(page: Page): { system: string; version: string }[] {
  return Object.entries(page.systems).flatMap(([system, versions]) =>
    versions.split(', ').map((version) => ({ system, version })),
  )
}

function said(page: Page, system: string, version: string): Statement | null {
  if (!page.systems[system]?.split(', ').includes(version)) return null
  return { state: 'supported', source: page.source, date: page.date }
}
