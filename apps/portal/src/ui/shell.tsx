import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { NavigationRegular } from '@fluentui/react-icons'
import { type ReactNode, useState } from 'react'
import { useLive } from '../queries/live.ts'
import type { Subscription } from '../queries/subscriptions.ts'
import { useTexts } from '../texts/texts.ts'
import { Account } from './account.tsx'
import { Navigation } from './navigation.tsx'

const useStyles = makeStyles({
  shell: { display: 'flex', flexDirection: 'column', minHeight: '100vh' },
  skip: {
    position: 'absolute',
    left: '-999px',
    ':focus': { left: tokens.spacingHorizontalM, top: tokens.spacingVerticalS, zIndex: 2 },
  },
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground3,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  product: { fontWeight: tokens.fontWeightSemibold, marginRight: 'auto', whiteSpace: 'nowrap' },
  toggle: { '@media (min-width: 801px)': { display: 'none' } },
  body: { display: 'flex', flexGrow: 1, minHeight: 0 },
  side: {
    width: '15rem',
    flexShrink: 0,
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  narrow: { '@media (max-width: 800px)': { display: 'none' } },
  wide: { '@media (max-width: 800px)': { width: '100%' } },
  main: { flexGrow: 1, minWidth: 0 },
})

interface Given {
  readonly name: string
  readonly subscriptions: readonly Subscription[]
  readonly chosen: Subscription | null
  readonly choose: (id: string) => void
  readonly children: ReactNode
}

/** Says so when what is shown may be old. */
function Live() {
  const texts = useTexts()
  return <span role="status">{useLive() ? '' : texts.reconnecting}</span>
}

/** The bar above, the pages beside, and one of them. On a narrow screen the pages come when asked for. */
export function Shell({ children, ...account }: Given) {
  const styles = useStyles()
  const texts = useTexts()
  const [isOpen, setOpen] = useState(false)
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {texts.skip}
      </a>
      <header className={styles.bar}>
        <Button
          className={styles.toggle}
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label={texts.menu}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        />
        <span className={styles.product}>{texts.product}</span>
        {account.chosen !== null && <Live />}
        <Account {...account} />
      </header>
      <div className={styles.body}>
        <div className={`${styles.side} ${isOpen ? styles.wide : styles.narrow}`}>
          <Navigation onGo={() => setOpen(false)} />
        </div>
        <main id="content" tabIndex={-1} className={styles.main}>
          {children}
        </main>
      </div>
    </div>
  )
}
