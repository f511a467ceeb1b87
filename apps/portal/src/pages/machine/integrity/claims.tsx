import { Subtitle2 } from '@fluentui/react-components'
import type { BootClaim } from '@trusted-launch/api'
import { type Column, DataTable } from '../../../components/data-table.tsx'
import { Empty } from '../../../components/states.tsx'
import { useTexts } from '../../../texts/texts.ts'
import type { PartGiven } from './parts.tsx'
import { textOf } from './text-of.ts'
import { Value } from './value.tsx'

interface Row extends BootClaim {
  readonly name: string
}

/** That it is Windows at all is said of any boot. */
const isOfWindows = ({ name }: Row) => name.startsWith('windows-')

/** What the evidence says: of Windows (VBS, HVCI, Credential Guard …), and of any boot. */
export function Claims({ boot }: PartGiven) {
  const { boot: texts } = useTexts()
  const rows = Object.entries(boot.claims)
    .map(([name, claim]) => ({ name, ...claim }))
    .filter(({ value }) => value !== null)
  if (rows.length === 0) return <Empty title={texts.noClaims} />
  const [windows, others] = [rows.filter(isOfWindows), rows.filter((row) => !isOfWindows(row))]
  return (
    <>
      {windows.length > 0 && <Claimed title={texts.windows} of={windows} />}
      {others.length > 0 && <Claimed title={texts.others} of={others} />}
    </>
  )
}

function Claimed({ title, of }: { title: string; of: readonly Row[] }) {
  const texts = useTexts()
  const columns: readonly Column<Row>[] = [
    { id: 'name', title: texts.boot.claim, width: 18, value: ({ name }) => name },
    {
      ...{ id: 'verified', title: texts.boot.verified, width: 6 },
      value: ({ verified }) => (verified ? texts.yes : texts.no),
    },
    {
      ...{ id: 'value', title: texts.boot.value, value: ({ value }) => textOf(value) },
      cell: ({ value }) => <Value text={textOf(value)} />,
    },
    {
      ...{ id: 'events', title: texts.boot.events, width: 8 },
      value: ({ events }) => events.join(', '),
    },
  ]
  return (
    <>
      <Subtitle2 as="h3">{title}</Subtitle2>
      <DataTable label={title} rows={of} columns={columns} idOf={({ name }) => name} />
    </>
  )
}
