import { LineChart } from '@fluentui/react-charts'
import { Caption1, makeStyles, tokens } from '@fluentui/react-components'
import type { ProofInterval } from '../../queries/proofs.ts'
import { useTexts } from '../../texts/texts.ts'

/** A chart becomes as high as what holds it, which may not be as high as the chart: both would grow at each drawing. */
const HEIGHT = '12rem'
/** As much as the largest number beside the axis takes. */
const MARGINS = { left: 64 }
const MINUTE_S = 60
/** The axis has four steps, of whole numbers where they reach this far. */
const LEAST_MAX = 4

const useStyles = makeStyles({
  charts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 24rem), 1fr))',
    gap: tokens.spacingHorizontalL,
  },
  chart: { height: HEIGHT },
})

/** The same as the table below them, as lines. */
export default function ProofsCharts({ of }: { of: readonly ProofInterval[] }) {
  const { proofs: words } = useTexts().govern
  const styles = useStyles()
  const line = (legend: string, color: string, ofOne: (one: ProofInterval) => number | null) => ({
    ...{ legend, color },
    data: of.flatMap((one) => {
      const y = ofOne(one)
      return y === null ? [] : [{ x: new Date(one.at), y }]
    }),
  })
  const minutes = (seconds: number | null) =>
    seconds === null ? null : Math.round((10 * seconds) / MINUTE_S) / 10
  const charts = [
    [words.counts, [line(words.count, tokens.colorBrandForeground1, ({ count }) => count)]],
    [
      words.ages,
      [
        line(words.average, tokens.colorBrandForeground1, ({ average }) => minutes(average)),
        line(words.oldest, tokens.colorPaletteDarkOrangeForeground1, ({ oldest }) =>
          minutes(oldest),
        ),
      ],
    ],
  ] as const
  const shown = charts.map(([title, lines]) => (
    <div key={title}>
      <Caption1 as="h3">{title}</Caption1>
      <div className={styles.chart}>
        <LineChart
          margins={MARGINS}
          yMaxValue={LEAST_MAX}
          hideLegend={lines.length === 1}
          data={{ chartTitle: title, lineChartData: [...lines] }}
        />
      </div>
    </div>
  ))
  return <div className={styles.charts}>{shown}</div>
}
