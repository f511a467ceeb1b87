import { ListPage } from '../components/list-page.tsx'
import { useAudit } from '../queries/administration.ts'
import { useTexts } from '../texts/texts.ts'
import { useAuditColumns } from './audit/columns.tsx'

/** Who changed what, the newest first. */
export default function Audit() {
  const texts = useTexts()
  const { administration } = texts
  const columns = useAuditColumns()
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
