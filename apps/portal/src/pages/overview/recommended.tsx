import { Text } from '@fluentui/react-components'
import { CountTable } from '../../components/count-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { rankOf, SeverityBadge } from '../../components/severity-badge.tsx'
import { paths } from '../../paths.ts'
import { useAssessments } from '../../queries/assessments.ts'
import { useTexts } from '../../texts/texts.ts'

/** What is not followed, by how grave it is. */
export function Recommended() {
  const { overview, security } = useTexts()
  return (
    <Panel title={overview.recommendations} of={useAssessments()}>
      {(assessments) => {
        const counts = new Map<string, number>()
        for (const { properties } of assessments) {
          if (properties.status.code !== 'Unhealthy') continue
          const severity = properties.additionalData.severity ?? ''
          counts.set(severity, (counts.get(severity) ?? 0) + 1)
        }
        if (counts.size === 0) return <Text>{security.noRecommendations}</Text>
        return (
          <CountTable
            what={security.severity}
            count={overview.count}
            of={[...counts]
              .sort(([a], [b]) => rankOf(a) - rankOf(b))
              .map(([severity, count]) => ({
                ...{ name: severity, count, to: paths.recommendations },
                shown: <SeverityBadge of={severity} />,
              }))}
          />
        )
      }}
    </Panel>
  )
}
