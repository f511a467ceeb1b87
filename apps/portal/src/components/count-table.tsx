import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { Go } from './go.tsx'

const useStyles = makeStyles({
  table: { borderCollapse: 'collapse' },
  cell: {
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    textAlign: 'left',
    fontWeight: tokens.fontWeightRegular,
  },
  number: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
})

export interface Counted {
  readonly name: string
  readonly shown: ReactNode
  readonly count: number
  readonly to: string
  readonly search?: Record<string, string>
}

/** How many of what; each number leads to them. */
export function CountTable(given: { of: readonly Counted[]; what: string; count: string }) {
  const styles = useStyles()
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th className={styles.cell} scope="col">
            {given.what}
          </th>
          <th className={styles.cell} scope="col">
            {given.count}
          </th>
        </tr>
      </thead>
      <tbody>
        {given.of.map(({ name, shown, count, to, search }) => (
          <tr key={name}>
            <th className={styles.cell} scope="row">
              {shown}
            </th>
            <td className={`${styles.cell} ${styles.number}`}>
              <Go to={to} {...(search !== undefined && { search })}>
                {count}
              </Go>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
