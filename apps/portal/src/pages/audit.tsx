import { ListPage } from '../components/list-page.tsx'
import { useAudit } from '../queries/administration.ts'
import { useNames } from '../queries/names.ts'
import { useTexts } from '../texts/texts.ts'
import { useAuditColumns } from './audit/columns.tsx'

/** Who changed what, the newest first. */
export default function Audit() {
  const texts = useTexts()
  const { administration } = texts
  const events = useAudit()
  const nameOf = useNames(events.data?.map(({ caller }) => caller) ?? [])
  const columns = useAuditColumns(nameOf)
  return (
    <ListPage
      title={texts.pages.audit}
      list={events}
      columns={columns}
      idOf={({ eventDataId }) => eventDataId}
      textOf={({ caller, operationName, resourceId }) =>
        `${nameOf(caller)} ${caller} ${operationName.value} ${resourceId}`
      }
      empty={administration.noAudit}
    />
  )
}
