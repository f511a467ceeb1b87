import { makeStyles, Text, tokens } from '@fluentui/react-components'
import { Go } from '../../components/go.tsx'
import { Panel } from '../../components/panel.tsx'
import { SeverityBadge } from '../../components/severity-badge.tsx'
import { Time } from '../../components/time.tsx'
import { paths } from '../../paths.ts'
import { useAlerts } from '../../queries/alerts.ts'
import { useTexts } from '../../texts/texts.ts'

const SHOWN = 5

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
})

/** The last alerts that nobody closed. */
export function NewestAlerts() {
  const texts = useTexts()
  const styles = useStyles()
  return (
    <Panel title={texts.overview.newestAlerts} of={useAlerts()}>
      {(alerts) => {
        const open = alerts
          .filter(({ properties }) => ['Active', 'InProgress'].includes(properties.status))
          .sort((a, b) => (a.properties.endTimeUtc < b.properties.endTimeUtc ? 1 : -1))
        if (open.length === 0) return <Text>{texts.overview.noAlerts}</Text>
        return (
          <ul className={styles.list}>
            {open.slice(0, SHOWN).map(({ id, properties }) => (
              <li key={id}>
                <SeverityBadge of={properties.severity} />{' '}
                <Go to={paths.alert(id)}>{properties.alertDisplayName}</Go>{' '}
                {properties.compromisedEntity}{' '}
                <Text size={200}>
                  <Time at={properties.endTimeUtc} />
                </Text>
              </li>
            ))}
          </ul>
        )
      }}
    </Panel>
  )
}
