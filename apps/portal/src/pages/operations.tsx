import { ProgressBar } from '@fluentui/react-components'
import { useMemo, useState } from 'react'
import { Confirm } from '../components/confirm.tsx'
import type { Column } from '../components/data-table.tsx'
import { ListPage } from '../components/list-page.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Failed } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { type Operation, useCancel, useOperations } from '../queries/administration.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'

/** What is being done, and was done lately. */
export default function Operations() {
  const texts = useTexts()
  const { administration } = texts
  const cancel = useCancel()
  const [asking, ask] = useState<Operation | null>(null)
  const columns = useColumns(ask)
  return (
    <>
      <ListPage
        title={texts.pages.operations}
        list={useOperations()}
        columns={columns}
        idOf={({ name }) => name}
        textOf={({ kind, resourceId, status }) => `${kind} ${resourceId} ${status}`}
        empty={administration.noOperations}
        actions={cancel.isError && <Failed error={cancel.error} />}
      />
      {asking !== null && (
        <Confirm
          verb={administration.cancel}
          question={administration.cancelAsk(`${asking.kind} ${nameOf(asking)}`)}
          onNo={() => ask(null)}
          onYes={() => {
            cancel.mutate(asking.name)
            ask(null)
          }}
        />
      )}
    </>
  )
}

function useColumns(ask: (one: Operation) => void): readonly Column<Operation>[] {
  const { administration } = useTexts()
  const { id: subscription } = useSubscription()
  return useMemo(
    () => [
      { id: 'kind', title: administration.kind, width: 11, value: ({ kind }) => kind },
      { id: 'resource', title: administration.resource, value: nameOf },
      {
        ...{ id: 'result', title: administration.result, width: 9 },
        value: ({ status }) => status,
      },
      {
        ...{ id: 'percent', title: administration.percent, width: 9 },
        value: ({ percentComplete }) => percentComplete,
        cell: ({ percentComplete, kind }) => (
          <ProgressBar value={percentComplete / 100} aria-label={kind} />
        ),
      },
      {
        ...{ id: 'step', title: administration.step },
        value: ({ properties, error }) => error?.message ?? properties?.step ?? '',
      },
      {
        ...{ id: 'begun', title: administration.begun, width: 13 },
        value: ({ startTime }) => startTime,
        cell: ({ startTime }) => <Time at={startTime} />,
      },
      {
        ...{ id: 'cancel', title: administration.cancel, width: 7 },
        value: ({ endTime }) => (endTime === undefined ? 0 : 1),
        cell: (one) =>
          one.endTime === undefined && (
            <MayButton
              size="small"
              needs={{ action: 'TrustedLaunch/operations/cancel/action', scope: subscription }}
              onClick={() => ask(one)}
            >
              {administration.cancel}
            </MayButton>
          ),
      },
    ],
    [administration, ask, subscription],
  )
}

function nameOf({ resourceId }: Operation): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1)
}
