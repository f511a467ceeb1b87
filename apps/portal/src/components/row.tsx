import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'

const useStyles = makeStyles({
  row: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
  },
})

/** Things beside each other, as far as there is room. `label`: they are buttons for that. */
export function Row({ label, children }: { label?: string; children: ReactNode }) {
  const tools = label === undefined ? {} : { role: 'toolbar', 'aria-label': label }
  return (
    <div className={useStyles().row} {...tools}>
      {children}
    </div>
  )
}
