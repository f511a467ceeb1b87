import { Badge } from '@fluentui/react-components'
import type { BootRegister } from '@trusted-launch/api'
import { Copyable } from '../../../components/copyable.tsx'
import { type Column, DataTable } from '../../../components/data-table.tsx'
import { useTexts } from '../../../texts/texts.ts'
import type { PartGiven } from './parts.tsx'

const SHOWN_CHARS = 16
const COLORS = {
  equal: 'success',
  different: 'danger',
  'not explained': 'warning',
  'not given': 'informative',
} as const

/** Each register: what the logs give, beside what the vTPM signed. */
export function Registers({ boot }: PartGiven) {
  const { boot: texts } = useTexts()
  const columns: readonly Column<BootRegister>[] = [
    { id: 'pcr', title: texts.pcr, width: 4, value: ({ pcr }) => pcr },
    { id: 'bank', title: texts.bank, width: 5, value: ({ bank }) => bank },
    { id: 'events', title: texts.events, width: 5, value: ({ events }) => events },
    {
      ...{ id: 'replayed', title: texts.replayed, width: 14, value: ({ replayed }) => replayed },
      cell: ({ replayed }) => <Copyable text={replayed} short={SHOWN_CHARS} />,
    },
    {
      ...{ id: 'quoted', title: texts.quoted, width: 14, value: ({ quoted }) => quoted ?? '' },
      cell: ({ quoted }) =>
        quoted === null ? '–' : <Copyable text={quoted} short={SHOWN_CHARS} />,
    },
    {
      ...{ id: 'verdict', title: texts.verdict, width: 14, value: ({ verdict }) => verdict },
      cell: ({ verdict }) => (
        <Badge appearance="tint" color={COLORS[verdict]}>
          {texts.registerVerdicts[verdict]}
        </Badge>
      ),
    },
  ]
  return (
    <DataTable
      label={texts.parts.registers}
      rows={boot.registers}
      columns={columns}
      idOf={({ bank, pcr }) => `${bank} ${pcr}`}
    />
  )
}
