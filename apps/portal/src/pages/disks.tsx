import { useMemo } from 'react'
import { Act } from '../components/act.tsx'
import type { Column } from '../components/data-table.tsx'
import { ListPage } from '../components/list-page.tsx'
import { Failed } from '../components/states.tsx'
import { type Disk, useDisks } from '../queries/disks.ts'
import { useLongAction } from '../queries/long-action.ts'
import { groupNameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'

/** Every disk that is kept, whoever has it. */
export default function Disks() {
  const texts = useTexts()
  const { resources } = texts
  const action = useLongAction()
  return (
    <ListPage
      title={texts.pages.disks}
      list={useDisks()}
      columns={useColumns((id) => action.mutate({ method: 'DELETE', path: id }))}
      idOf={({ id }) => id}
      textOf={({ id, name }) => `${name} ${groupNameIn(id)}`}
      empty={resources.noDisks}
      advice={resources.noDisksAdvice}
      actions={action.isError && <Failed error={action.error} />}
    />
  )
}

function useColumns(remove: (id: string) => void): readonly Column<Disk>[] {
  const { resources, machines, machine } = useTexts()
  return useMemo(
    () => [
      { id: 'name', title: resources.name, value: ({ name }) => name },
      { id: 'group', title: machines.group, width: 9, value: ({ id }) => groupNameIn(id) },
      {
        ...{ id: 'size', title: resources.gigabytes, width: 6 },
        value: ({ properties }) => properties.diskSizeGB ?? 0,
      },
      {
        ...{ id: 'system', title: machines.system, width: 6 },
        value: ({ properties }) => properties.osType ?? '',
      },
      {
        ...{ id: 'security', title: machines.security, width: 9 },
        value: ({ properties }) => properties.securityProfile?.securityType ?? '',
      },
      {
        ...{ id: 'state', title: machines.state, width: 7 },
        value: ({ properties: { diskState } }) => resources.diskStates[diskState] ?? diskState,
      },
      {
        ...{ id: 'delete', title: machine.delete, width: 7 },
        value: ({ properties }) => (properties.diskState === 'Unattached' ? 1 : 0),
        cell: ({ id, name, properties }) =>
          properties.diskState === 'Unattached' && (
            <Act
              size="small"
              verb={machine.delete}
              needs={{ action: 'Microsoft.Compute/disks/delete', scope: id }}
              question={machine.confirmDelete(name)}
              name={name}
              onYes={() => remove(id)}
            />
          ),
      },
    ],
    [resources, machines, machine, remove],
  )
}
