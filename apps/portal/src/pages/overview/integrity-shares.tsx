import { Card, makeStyles, Subtitle1, tokens } from '@fluentui/react-components'
import type { Integrity, MachineRow } from '@trusted-launch/api'
import { lazy, Suspense } from 'react'
import { CountTable } from '../../components/count-table.tsx'
import { IntegrityBadge } from '../../components/integrity-badge.tsx'
import { paths } from '../../paths.ts'
import { useTexts } from '../../texts/texts.ts'

const Chart = lazy(() => import('./integrity-chart.tsx'))

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, alignItems: 'center' },
})

/** The best first: what is to be looked at stands last, and beside its number in the chart. */
const ORDER: readonly Integrity[] = [
  'affirming',
  'warning',
  'drifting',
  'contraindicated',
  'silent',
  'none',
  'unjudged',
  'unproven',
]

/** How many VMs stand how; each number, and each part of the chart, leads to them. */
export function IntegrityShares({ rows }: { rows: readonly MachineRow[] }) {
  const texts = useTexts()
  const counts = new Map<Integrity, number>()
  for (const { integrity } of rows) counts.set(integrity, (counts.get(integrity) ?? 0) + 1)
  const shares = ORDER.map((integrity) => ({ integrity, count: counts.get(integrity) ?? 0 }))
  const present = shares.filter(({ count }) => count > 0)
  return (
    <Card>
      <Subtitle1 as="h2">{texts.overview.integrity}</Subtitle1>
      <div className={useStyles().row}>
        <Suspense fallback={null}>
          <Chart shares={present} />
        </Suspense>
        <CountTable
          what={texts.integrity.title}
          count={texts.overview.count}
          of={present.map(({ integrity, count }) => ({
            ...{ name: integrity, count, to: paths.machines, search: { integrity } },
            shown: <IntegrityBadge of={integrity} />,
          }))}
        />
      </div>
    </Card>
  )
}
