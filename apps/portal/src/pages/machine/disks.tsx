import { Field, Select } from '@fluentui/react-components'
import { useState } from 'react'
import { Act } from '../../components/act.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { Failed } from '../../components/states.tsx'
import { UnderWay } from '../../components/under-way.tsx'
import { useDisks } from '../../queries/disks.ts'
import { useLongAction } from '../../queries/long-action.ts'
import type { AttachedDisk } from '../../queries/machine.ts'
import { groupOf } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'

/** What it boots from, and what it has beside that. */
export default function Disks({ machine }: TabGiven) {
  const texts = useTexts()
  const { resources } = texts
  const { osDisk, dataDisks = [] } = machine.properties.storageProfile ?? {}
  const action = useLongAction()
  const change = (verb: 'dataDisksToAttach' | 'dataDisksToDetach', diskId: string) =>
    action.mutate({
      ...{ method: 'POST', path: `${machine.id}/attachDetachDataDisks` },
      body: { [verb]: [{ diskId }] },
    })
  const row = (disk: AttachedDisk) =>
    [
      disk.name,
      disk.name,
      disk.lun === undefined ? resources.ownDisk : String(disk.lun),
      disk.diskSizeGB === undefined ? '' : String(disk.diskSizeGB),
      disk.deleteOption ?? '',
      disk.lun !== undefined && (
        <Act
          size="small"
          verb={resources.detach}
          needs={needsOf(machine.id)}
          question={resources.confirmDetach(disk.name, machine.name)}
          onYes={() => change('dataDisksToDetach', disk.managedDisk!.id)}
        />
      ),
    ] as const
  const { disk, place, gigabytes, withMachine, detach } = resources
  return (
    <>
      <UnderWay id={machine.id} />
      <SimpleTable
        label={texts.machine.tabs.disks}
        titles={[disk, place, gigabytes, withMachine, detach]}
        rows={[...(osDisk === undefined ? [] : [osDisk]), ...dataDisks].map(row)}
      />
      <Attach
        machine={machine.id}
        isBusy={action.isPending}
        attach={(id) => change('dataDisksToAttach', id)}
      />
      {action.isError && <Failed error={action.error} />}
    </>
  )
}

const needsOf = (scope: string) => ({
  ...{ action: 'Microsoft.Compute/virtualMachines/attachDetachDataDisks/action', scope },
})

/** Gives it a disk of its group that no other has. */
function Attach(given: { machine: string; isBusy: boolean; attach: (id: string) => void }) {
  const { resources } = useTexts()
  const disks = useDisks()
  const [chosen, choose] = useState('')
  const free = (disks.data ?? []).filter(
    ({ id, properties }) =>
      properties.diskState === 'Unattached' && groupOf(id) === groupOf(given.machine),
  )
  if (disks.isError) return <Failed error={disks.error} retry={disks.refetch} />
  return (
    <Row>
      <Field
        label={resources.attachWhich}
        hint={free.length === 0 ? resources.noFreeDisk : resources.notMeasured}
      >
        <Select value={chosen} onChange={(_, { value }) => choose(value)}>
          <option value="">{resources.choose}</option>
          {free.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <MayButton
        needs={needsOf(given.machine)}
        why={free.some(({ id }) => id === chosen) ? undefined : resources.noDiskChosen}
        isBusy={given.isBusy}
        onClick={() => given.attach(chosen)}
      >
        {resources.attach}
      </MayButton>
    </Row>
  )
}
