import { DonutChart } from '@fluentui/react-charts'
import { tokens } from '@fluentui/react-components'
import { useNavigate } from '@tanstack/react-router'
import type { Integrity } from '@trusted-launch/api'
import { paths } from '../../paths.ts'
import { useTexts } from '../../texts/texts.ts'

const SIDE_PX = 180

const COLORS: Readonly<Record<Integrity, string>> = {
  affirming: tokens.colorPaletteGreenBackground3,
  warning: tokens.colorPaletteYellowBackground3,
  drifting: tokens.colorPaletteMarigoldBackground3,
  contraindicated: tokens.colorPaletteRedBackground3,
  silent: tokens.colorPaletteDarkOrangeBackground3,
  none: tokens.colorNeutralForeground4,
  unjudged: tokens.colorNeutralStroke1,
  unproven: tokens.colorNeutralStroke2,
}

interface Given {
  readonly shares: readonly { readonly integrity: Integrity; readonly count: number }[]
}

/** The same as the table beside it, as a ring. */
export default function IntegrityChart({ shares }: Given) {
  const texts = useTexts()
  const navigate = useNavigate()
  const all = shares.reduce((sum, { count }) => sum + count, 0)
  return (
    <DonutChart
      width={SIDE_PX}
      height={SIDE_PX}
      innerRadius={SIDE_PX / 3}
      valueInsideDonut={all}
      hideLegend
      hideLabels
      data={{
        chartTitle: texts.overview.integrity,
        chartData: shares.map(({ integrity, count }) => ({
          ...{ legend: texts.integrity[integrity], data: count, color: COLORS[integrity] },
          onClick: () => navigate({ to: paths.machines, search: { integrity } as never }),
        })),
      }}
    />
  )
}
