import { useMemo } from 'react'
import type { Column } from '../components/data-table.tsx'
import { Go } from '../components/go.tsx'
import { ListPage } from '../components/list-page.tsx'
import { paths } from '../paths.ts'
import { type ScaleSet, useScaleSets } from '../queries/scale-sets.ts'
import { groupNameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'

/** Every set, and how many instances it is to have. */
export default function ScaleSets() {
  const texts = useTexts()
  const { resources } = texts
  return (
    <ListPage
      title={texts.pages.scaleSets}
      list={useScaleSets()}
      columns={useColumns()}
      idOf={({ id }) => id}
      textOf={({ id, name }) => `${name} ${groupNameIn(id)}`}
      empty={resources.noScaleSets}
      advice={resources.noScaleSetsAdvice}
    />
  )
}

function useColumns(): readonly Column<ScaleSet>[] {
  const { resources, machines } = useTexts()
  return useMemo(
    () => [
      {
        ...{ id: 'name', title: resources.name, value: ({ name }) => name },
        cell: ({ id, name }) => <Go to={paths.scaleSet(id)}>{name}</Go>,
      },
      { id: 'group', title: machines.group, value: ({ id }) => groupNameIn(id) },
      {
        ...{ id: 'mode', title: resources.mode, width: 8 },
        value: ({ properties }) => properties.orchestrationMode ?? 'Uniform',
      },
      { id: 'size', title: machines.size, value: ({ sku }) => sku?.name ?? '' },
      {
        ...{ id: 'instances', title: resources.instances, width: 7 },
        value: ({ sku }) => sku?.capacity ?? 0,
      },
      {
        ...{ id: 'security', title: machines.security, width: 10 },
        value: ({ properties: { virtualMachineProfile } }) =>
          virtualMachineProfile?.securityProfile?.securityType ?? 'Standard',
      },
      {
        ...{ id: 'state', title: machines.state, width: 9 },
        value: ({ properties }) => properties.provisioningState,
      },
    ],
    [resources, machines],
  )
}
