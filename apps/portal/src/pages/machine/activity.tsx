import { DataTable } from '../../components/data-table.tsx'
import { Empty, Failed, Loading } from '../../components/states.tsx'
import { useAudit } from '../../queries/administration.ts'
import { useNames } from '../../queries/names.ts'
import { useTexts } from '../../texts/texts.ts'
import { useAuditColumns } from '../audit/columns.tsx'
import type { TabGiven } from '../machine.tsx'

/** Who did what with it, the newest first. */
export default function Activity({ machine }: TabGiven) {
  const texts = useTexts()
  const events = useAudit(machine.id)
  const columns = useAuditColumns(useNames(events.data?.map(({ caller }) => caller) ?? []))
  return (
    <>
      {events.isPending && <Loading />}
      {events.isError && <Failed error={events.error} retry={events.refetch} />}
      {events.data?.length === 0 && <Empty title={texts.administration.noAudit} />}
      {events.data !== undefined && events.data.length > 0 && (
        <DataTable
          label={texts.machine.tabs.activity}
          rows={events.data}
          columns={columns}
          hidden={['resource']}
          idOf={({ eventDataId }) => eventDataId}
        />
      )}
    </>
  )
}
