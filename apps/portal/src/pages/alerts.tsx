import { useMemo } from 'react'
import type { Column } from '../components/data-table.tsx'
import { Go } from '../components/go.tsx'
import { ListPage } from '../components/list-page.tsx'
import { rankOf, SeverityBadge } from '../components/severity-badge.tsx'
import { Time } from '../components/time.tsx'
import { paths } from '../paths.ts'
import { type Alert, useAlerts } from '../queries/alerts.ts'
import { useTexts } from '../texts/texts.ts'

/** What a failed proof raised, the newest first. */
export default function Alerts() {
  const texts = useTexts()
  const alerts = useAlerts()
  return (
    <ListPage
      title={texts.pages.alerts}
      list={alerts}
      columns={useColumns()}
      idOf={({ id }) => id}
      textOf={({ properties }) =>
        [properties.alertDisplayName, properties.compromisedEntity, properties.status].join(' ')
      }
      empty={texts.security.noAlerts}
      advice={texts.security.noAlertsAdvice}
    />
  )
}

function useColumns(): readonly Column<Alert>[] {
  const texts = useTexts()
  return useMemo(() => {
    const { security } = texts
    return [
      {
        ...{ id: 'alert', title: security.alert },
        value: ({ properties }) => properties.alertDisplayName,
        cell: ({ id, properties }) => <Go to={paths.alert(id)}>{properties.alertDisplayName}</Go>,
      },
      {
        ...{ id: 'severity', title: security.severity, width: 8 },
        value: ({ properties }) => rankOf(properties.severity),
        cell: ({ properties }) => <SeverityBadge of={properties.severity} />,
      },
      {
        ...{ id: 'status', title: security.status, width: 8 },
        value: ({ properties }) => security.states[properties.status] ?? properties.status,
      },
      {
        ...{ id: 'machine', title: security.machine, width: 12 },
        value: ({ properties }) => properties.compromisedEntity,
        cell: ({ properties }) => (
          <Go to={paths.machine(properties.entities[0]!.resourceId, 'integrity')}>
            {properties.compromisedEntity}
          </Go>
        ),
      },
      {
        ...{ id: 'last', title: security.lastSeen, width: 13 },
        value: ({ properties }) => properties.endTimeUtc,
        cell: ({ properties }) => <Time at={properties.endTimeUtc} />,
      },
      {
        ...{ id: 'count', title: security.count, width: 7 },
        value: ({ properties }) => Number(properties.extendedProperties.count ?? 1),
      },
    ]
  }, [texts])
}
