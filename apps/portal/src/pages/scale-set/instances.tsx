import { useMemo, useState } from 'react'
import { Act } from '../../components/act.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { Go } from '../../components/go.tsx'
import { Row } from '../../components/row.tsx'
import { Empty, Failed, Loading } from '../../components/states.tsx'
import { paths } from '../../paths.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { powerIn } from '../../queries/machine.ts'
import { type Instance, type ScaleSet, useInstances } from '../../queries/scale-sets.ts'
import { useTexts } from '../../texts/texts.ts'

const TYPE = 'Microsoft.Compute/virtualMachineScaleSets'

/** Every instance, and what is done with those that are chosen. */
export function Instances({ set }: { set: ScaleSet }) {
  const { resources } = useTexts()
  const instances = useInstances(set.id)
  const [selected, select] = useState<ReadonlySet<string>>(new Set())
  const columns = useColumns()
  const rows = instances.data ?? []
  const chosen = rows.filter(({ instanceId }) => selected.has(instanceId))
  return (
    <>
      {instances.isPending && <Loading />}
      {instances.isError && <Failed error={instances.error} retry={instances.refetch} />}
      {instances.data?.length === 0 && <Empty title={resources.noInstances} />}
      {rows.length > 0 && (
        <>
          <Verbs set={set} chosen={chosen} />
          <DataTable
            label={resources.instances}
            rows={rows}
            columns={columns}
            idOf={({ instanceId }) => instanceId}
            selected={selected}
            onSelect={select}
            selectLabel={({ name }) => name}
          />
        </>
      )}
    </>
  )
}

function Verbs({ set, chosen }: { set: ScaleSet; chosen: readonly Instance[] }) {
  const texts = useTexts()
  const { resources, machines, machine } = texts
  const action = useLongAction()
  const names = chosen.map(({ name }) => name).join(', ')
  const instanceIds = chosen.map(({ instanceId }) => instanceId)
  const verbs = [
    { path: 'start', verb: machines.start },
    { path: 'poweroff', verb: machines.stop, question: machines.confirmStop(names) },
    { path: 'restart', verb: machine.restart, question: resources.confirmRestart(names) },
    { path: 'manualupgrade', verb: resources.upgrade, question: resources.confirmUpgrade(names) },
    { path: 'delete', verb: machine.delete, question: resources.confirmDeleteThem(names) },
  ]
  return (
    <>
      <Row label={texts.selected(chosen.length)}>
        {verbs.map(({ path, ...act }) => (
          <Act
            key={path}
            {...act}
            needs={{ action: `${TYPE}/${path}/action`, scope: set.id }}
            why={chosen.length === 0 ? resources.noneChosen : undefined}
            onYes={() =>
              action.mutate({
                ...{ method: 'POST', path: `${set.id}/${path}` },
                body: { instanceIds },
              })
            }
          />
        ))}
      </Row>
      {action.isError && <Failed error={action.error} />}
    </>
  )
}

function useColumns(): readonly Column<Instance>[] {
  const texts = useTexts()
  return useMemo(() => {
    const { resources, machines, power } = texts
    const powerText = ({ properties }: Instance) => {
      const code = powerIn(properties.instanceView?.statuses)
      return power[code] ?? code
    }
    return [
      { id: 'id', title: resources.instance, width: 7, value: ({ instanceId }) => instanceId },
      {
        ...{ id: 'name', title: resources.name, value: ({ name }) => name },
        cell: ({ name, properties: { virtualMachineResourceId: machine } }) =>
          machine === undefined ? name : <Go to={paths.machine(machine)}>{name}</Go>,
      },
      { id: 'power', title: resources.power, width: 9, value: powerText },
      {
        ...{ id: 'state', title: machines.state, width: 9 },
        value: ({ properties }) => properties.provisioningState,
      },
      {
        ...{ id: 'latest', title: resources.latestModel, width: 10 },
        value: ({ properties }) => (properties.latestModelApplied ? texts.yes : texts.no),
      },
    ]
  }, [texts])
}
