import { ProgressBar, Text } from '@fluentui/react-components'
import { Panel } from '../../components/panel.tsx'
import { useSecureScore } from '../../queries/score.ts'
import { useTexts } from '../../texts/texts.ts'
import { useAppearance } from '../../ui/appearance.tsx'

/** How much of what is recommended is followed. */
export function Score() {
  const { overview } = useTexts()
  const { language } = useAppearance().settings
  return (
    <Panel title={overview.score} of={useSecureScore()}>
      {([first]) => {
        if (first === undefined || first.properties.score.max === 0)
          return <Text>{overview.noScore}</Text>
        const { percentage, current, max } = first.properties.score
        const percent = percentage.toLocaleString(language, { style: 'percent' })
        return (
          <>
            <Text size={600} weight="semibold">
              {percent}
            </Text>
            <ProgressBar value={percentage} thickness="large" aria-label={overview.score} />
            <Text>{overview.ofAll(current, max)}</Text>
          </>
        )
      }}
    </Panel>
  )
}
