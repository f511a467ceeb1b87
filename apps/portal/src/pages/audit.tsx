import { useMemo } from 'react'
import type { Column } from '../components/data-table.tsx'
import { ListPage } from '../components/list-page.tsx'
import { Time } from '../components/time.tsx'
import { type AuditEvent, useAudit } from '../queries/administration.ts'
import { useTexts } from '../texts/texts.ts'

/** Who changed what, the newest first. */
export default function Audit() {
  const texts = useTexts()
  const { administration } = texts
  const columns = useMemo<readonly Column<AuditEvent>[]>(
    () => [
      {
        ...{ id: 'when', title: administration.when, width: 13 },
        value: ({ eventTimestamp }) => eventTimestamp,
        cell: ({ eventTimestamp }) => <Time at={eventTimestamp} />,
      },
      { id: 'who', title: administration.who, width: 12, value: ({ caller }) => caller },
      {
        ...{ id: 'action', title: administration.action },
        value: ({ operationName }) => operationName.value,
      },
      {
        ...{ id: 'resource', title: administration.resource },
        value: ({ resourceId }) => resourceId,
      },
      {
        ...{ id: 'result', title: administration.result, width: 9 },
        value: ({ status, subStatus }) => `${status.value} (${subStatus.value})`,
      },
      {
        ...{ id: 'from', title: administration.from, width: 9 },
        value: ({ httpRequest }) => httpRequest.clientIpAddress,
      },
    ],
    [administration],
  )
  return (
    <ListPage
      title={texts.pages.audit}
      list={useAudit()}
      columns={columns}
      idOf={({ eventDataId }) => eventDataId}
      textOf={({ caller, operationName, resourceId }) =>
        `${caller} ${operationName.value} ${resourceId}`
      }
      empty={administration.noAudit}
    />
  )
}
