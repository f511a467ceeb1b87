import { makeStyles, Text, tokens } from '@fluentui/react-components'
import { lazy, Suspense } from 'react'
import { Panel } from '../../components/panel.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Time } from '../../components/time.tsx'
import { type ProofInterval, useProofs } from '../../queries/proofs.ts'
import { useTexts } from '../../texts/texts.ts'
import { useAppearance } from '../../ui/appearance.tsx'

const Charts = lazy(() => import('./proofs-charts.tsx'))
const SECONDS = 60

const useStyles = makeStyles({
  table: {
    maxHeight: '14rem',
    overflow: 'auto',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
})

/** How often machines proved themselves in the last day, and how old their newest proofs got. */
export function ProofsOverTime() {
  const { proofs: words } = useTexts().govern
  const styles = useStyles()
  return (
    <Panel title={words.title} of={useProofs()}>
      {(intervals) =>
        intervals.length === 0 ? (
          <Text>{words.noData}</Text>
        ) : (
          <>
            <Suspense fallback={null}>
              <Charts of={intervals} />
            </Suspense>
            <div className={styles.table}>
              <Table of={intervals} />
            </div>
          </>
        )
      }
    </Panel>
  )
}

/** The same as the charts, the newest first. */
function Table({ of }: { of: readonly ProofInterval[] }) {
  const { proofs: words } = useTexts().govern
  const { language } = useAppearance().settings
  const minutes = (seconds: number | null) =>
    seconds === null
      ? ''
      : words.minutes((seconds / SECONDS).toLocaleString(language, { maximumFractionDigits: 1 }))
  return (
    <SimpleTable
      label={words.title}
      titles={[words.time, words.count, words.average, words.oldest]}
      rows={of
        .toReversed()
        .map(({ at, count, average, oldest }) => [
          at,
          <Time key="at" at={at} />,
          count,
          minutes(average),
          minutes(oldest),
        ])}
    />
  )
}
