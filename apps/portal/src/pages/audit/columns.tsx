import { useMemo } from 'react'
import type { Column } from '../../components/data-table.tsx'
import { Time } from '../../components/time.tsx'
import type { AuditEvent } from '../../queries/administration.ts'
import { useTexts } from '../../texts/texts.ts'

/** @param nameOf what somebody is called. */
export function useAuditColumns(nameOf: (caller: string) => string): readonly Column<AuditEvent>[] {
  const { administration } = useTexts()
  return useMemo(
    () => [
      {
        ...{ id: 'when', title: administration.when, width: 13 },
        value: ({ eventTimestamp }) => eventTimestamp,
        cell: ({ eventTimestamp }) => <Time at={eventTimestamp} />,
      },
      {
        ...{ id: 'who', title: administration.who, width: 12 },
        value: ({ caller }) => nameOf(caller),
        cell: ({ caller }) => <span title={caller}>{nameOf(caller)}</span>,
      },
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
    [administration, nameOf],
  )
}
