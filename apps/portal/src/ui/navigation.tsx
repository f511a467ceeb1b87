import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import {
  AlertOffRegular,
  AlertRegular,
  BoxMultipleRegular,
  ClipboardTaskListLtrRegular,
  DesktopRegular,
  DocumentBulletListRegular,
  HardDriveRegular,
  HistoryRegular,
  HomeRegular,
  ImageMultipleRegular,
  PersonKeyRegular,
  ServerRegular,
  ShieldDismissRegular,
  ShieldTaskRegular,
} from '@fluentui/react-icons'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { PAGES } from '../pages/pages.ts'
import { paths } from '../paths.ts'
import type { Texts } from '../texts/en.ts'
import { useTexts } from '../texts/texts.ts'

const useStyles = makeStyles({
  nav: { padding: tokens.spacingVerticalM, position: 'sticky', top: 0 },
  group: {
    margin: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalS} ${tokens.spacingVerticalXS}`,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    fontWeight: tokens.fontWeightRegular,
  },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  link: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    padding: tokens.spacingVerticalSNudge,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  current: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    fontWeight: tokens.fontWeightSemibold,
  },
})

type PageName = keyof Texts['pages']

const ICONS: Readonly<Record<PageName, ReactNode>> = {
  overview: <HomeRegular />,
  machines: <DesktopRegular />,
  scaleSets: <BoxMultipleRegular />,
  images: <ImageMultipleRegular />,
  disks: <HardDriveRegular />,
  recommendations: <ShieldTaskRegular />,
  exemptions: <ShieldDismissRegular />,
  alerts: <AlertRegular />,
  suppression: <AlertOffRegular />,
  policies: <ClipboardTaskListLtrRegular />,
  access: <PersonKeyRegular />,
  audit: <HistoryRegular />,
  operations: <DocumentBulletListRegular />,
  host: <ServerRegular />,
}

const GROUPS: readonly [keyof Texts['groups'] | null, readonly PageName[]][] = [
  [null, ['overview']],
  ['resources', ['machines', 'scaleSets', 'images', 'disks']],
  ['security', ['recommendations', 'exemptions', 'alerts', 'suppression', 'policies']],
  ['administration', ['access', 'audit', 'operations', 'host']],
]

const known = new Set(PAGES.map(({ path }) => path))

/** The way to every page that there is. */
export function Navigation({ onGo }: { onGo: () => void }) {
  const styles = useStyles()
  const texts = useTexts()
  return (
    <nav className={styles.nav} aria-label={texts.menu}>
      {GROUPS.map(([group, names]) => (
        <div key={group}>
          {group !== null && <h2 className={styles.group}>{texts.groups[group]}</h2>}
          <ul className={styles.list}>
            {names
              .filter((name) => known.has(paths[name]))
              .map((name) => (
                <li key={name}>
                  <Link
                    to={paths[name]}
                    className={styles.link}
                    activeProps={{ className: mergeClasses(styles.link, styles.current) }}
                    activeOptions={{ exact: name === 'overview', includeSearch: false }}
                    onClick={onGo}
                  >
                    {ICONS[name]}
                    {texts.pages[name]}
                  </Link>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
