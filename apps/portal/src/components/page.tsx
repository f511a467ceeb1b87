import { makeStyles, Title2, tokens } from '@fluentui/react-components'
import { type ReactNode, useEffect } from 'react'
import { useTexts } from '../texts/texts.ts'

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    padding: tokens.spacingHorizontalXL,
    minWidth: 0,
    '@media (max-width: 600px)': { padding: tokens.spacingHorizontalM },
  },
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
  },
})

/** A page's frame: its title, what may be done on it, and what it shows. */
export function Page(given: { title: string; actions?: ReactNode; children: ReactNode }) {
  const styles = useStyles()
  const { product } = useTexts()
  useEffect(() => {
    document.title = `${given.title} · ${product}`
  }, [given.title, product])
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <Title2 as="h1">{given.title}</Title2>
        {given.actions}
      </div>
      {given.children}
    </div>
  )
}
