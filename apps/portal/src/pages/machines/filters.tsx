import {
  Button,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  SearchBox,
  Select,
  tokens,
} from '@fluentui/react-components'
import { ColumnTripleRegular } from '@fluentui/react-icons'
import type { Integrity, MachineRow } from '@trusted-launch/api'
import type { Column } from '../../components/data-table.tsx'
import { useTexts } from '../../texts/texts.ts'
import type { MachinesView } from './view.ts'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
})

const POWERS = ['running', 'starting', 'stopped', 'deallocated']
const SECURITY = ['TrustedLaunch', 'Standard']
const INTEGRITIES: readonly Integrity[] = [
  'affirming',
  'warning',
  'contraindicated',
  'drifting',
  'silent',
  'unjudged',
  'unproven',
]

interface Given {
  readonly view: MachinesView
  readonly change: (change: Partial<MachinesView>) => void
  readonly columns: readonly Column<MachineRow>[]
}

export function Filters({ view, change, columns }: Given) {
  const texts = useTexts()
  const { machines } = texts
  return (
    <div className={useStyles().row}>
      <SearchBox
        placeholder={texts.filter}
        aria-label={texts.filter}
        value={view.name}
        onChange={(_, { value }) => change({ name: value })}
      />
      <Choice
        label={machines.state}
        value={view.power}
        of={POWERS.map((power) => [power, texts.power[power] ?? power])}
        onChange={(power) => change({ power })}
      />
      <Choice
        label={machines.security}
        value={view.security}
        of={SECURITY.map((type) => [type, type])}
        onChange={(security) => change({ security })}
      />
      <Choice
        label={texts.integrity.title}
        value={view.integrity}
        of={INTEGRITIES.map((each) => [each, texts.integrity[each]])}
        onChange={(integrity) => change({ integrity })}
      />
      <SearchBox
        placeholder={machines.tags}
        aria-label={machines.tags}
        value={view.tag}
        onChange={(_, { value }) => change({ tag: value })}
      />
      <Columns view={view} change={change} columns={columns} />
    </div>
  )
}

function Choice(given: {
  label: string
  value: string
  of: readonly (readonly [string, string])[]
  onChange: (value: string) => void
}) {
  const texts = useTexts()
  return (
    <Select
      aria-label={given.label}
      value={given.value}
      onChange={(_, { value }) => given.onChange(value)}
    >
      <option value="">{`${given.label}: ${texts.machines.all}`}</option>
      {given.of.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Select>
  )
}

function Columns({ view, change, columns }: Given) {
  const texts = useTexts()
  const ids = columns.map(({ id }) => id)
  return (
    <Menu
      checkedValues={{ columns: ids.filter((id) => !view.hidden.includes(id)) }}
      onCheckedValueChange={(_, { checkedItems }) =>
        change({ hidden: ids.filter((id) => id !== 'name' && !checkedItems.includes(id)) })
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ColumnTripleRegular />}>{texts.columns}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {columns.map(({ id, title }) => (
            <MenuItemCheckbox key={id} name="columns" value={id}>
              {title}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}
