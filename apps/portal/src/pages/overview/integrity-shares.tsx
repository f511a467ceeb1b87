import { Card, makeStyles, Subtitle1, tokens } from '@fluentui/react-components'
import { Link } from '@tanstack/react-router'
import type { Integrity, MachineRow } from '@trusted-launch/api'
import { IntegrityBadge } from '../../components/integrity-badge.tsx'
import { paths } from '../../paths.ts'
import { useTexts } from '../../texts/texts.ts'

const useStyles = makeStyles({
  table: { borderCollapse: 'collapse' },
  cell: { padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`, textAlign: 'left' },
})

/** How many VMs stand how; each number leads to them. */
export function IntegrityShares({ rows }: { rows: readonly MachineRow[] }) {
  const texts = useTexts()
  const styles = useStyles()
  const counts = new Map<Integrity, number>()
  for (const { integrity } of rows) counts.set(integrity, (counts.get(integrity) ?? 0) + 1)
  return (
    <Card>
      <Subtitle1 as="h2">{texts.overview.integrity}</Subtitle1>
      <table className={styles.table}>
        <thead>
          <tr>
            <th className={styles.cell} scope="col">
              {texts.integrity.title}
            </th>
            <th className={styles.cell} scope="col">
              {texts.overview.count}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...counts].map(([integrity, count]) => (
            <tr key={integrity}>
              <th className={styles.cell} scope="row">
                <IntegrityBadge of={integrity} />
              </th>
              <td className={styles.cell}>
                <Link to={paths.machines} search={{ integrity } as never}>
                  {count}
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
