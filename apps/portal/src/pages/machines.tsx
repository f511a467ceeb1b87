import { Button, Text } from '@fluentui/react-components'
import type { MachineRow } from '@trusted-launch/api'
import { useMemo, useState } from 'react'
import { Confirm } from '../components/confirm.tsx'
import { CreateButton } from '../components/create-button.tsx'
import { DataTable } from '../components/data-table.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Page } from '../components/page.tsx'
import { Empty, Failed, Loading } from '../components/states.tsx'
import { useFleet } from '../queries/fleet.ts'
import { type MachineVerb, useMachinePower } from '../queries/machine-power.ts'
import { useTexts } from '../texts/texts.ts'
import { useMachineColumns } from './machines/columns.tsx'
import { Filters } from './machines/filters.tsx'
import { matching, useMachinesView } from './machines/view.ts'

const VERBS: readonly MachineVerb[] = ['start', 'powerOff', 'attest']
/** The right that each needs. */
const ACTIONS: Readonly<Partial<Record<MachineVerb, string>>> = {
  start: 'Microsoft.Compute/virtualMachines/start/action',
  powerOff: 'Microsoft.Compute/virtualMachines/powerOff/action',
  attest: 'TrustedLaunch/evidence/attest/action',
}

/** All virtual machines; the address holds what of them is shown, and how. */
export default function Machines() {
  const texts = useTexts()
  const fleet = useFleet()
  return (
    <Page title={texts.pages.machines} actions={<CreateButton />}>
      {fleet.isPending && <Loading />}
      {fleet.isError && <Failed error={fleet.error} retry={fleet.refetch} />}
      {fleet.data?.length === 0 && (
        <Empty title={texts.machines.empty} advice={texts.machines.emptyAdvice} />
      )}
      {fleet.data !== undefined && fleet.data.length > 0 && <List rows={fleet.data} />}
    </Page>
  )
}

function List({ rows }: { rows: readonly MachineRow[] }) {
  const texts = useTexts()
  const [view, change] = useMachinesView()
  const [selected, select] = useState<ReadonlySet<string>>(new Set())
  const columns = useMachineColumns()
  const shown = useMemo(() => matching(rows, view), [rows, view])
  return (
    <>
      <Filters view={view} change={change} columns={columns} />
      <Bulk rows={shown.filter(({ id }) => selected.has(id))} />
      <Text size={200} role="status">
        {texts.shown(shown.length, rows.length)}
      </Text>
      {shown.length === 0 ? (
        <Empty title={texts.filtered}>
          <Button
            onClick={() => change({ name: '', power: '', security: '', integrity: '', tag: '' })}
          >
            {texts.clearFilter}
          </Button>
        </Empty>
      ) : (
        <DataTable
          label={texts.pages.machines}
          rows={shown}
          columns={columns}
          idOf={({ id }) => id}
          hidden={view.hidden}
          sorting={view.sorting}
          onSort={(sorting) => change({ sorting })}
          selected={selected}
          onSelect={select}
          selectLabel={({ name }) => name}
        />
      )}
    </>
  )
}

/** What is done to the chosen ones at once. */
function Bulk({ rows }: { rows: readonly MachineRow[] }) {
  const texts = useTexts()
  const { machines } = texts
  const power = useMachinePower()
  const [isAsking, ask] = useState(false)
  const words = { start: machines.start, powerOff: machines.stop, attest: machines.attest }
  const ids = rows.map(({ id }) => id)
  const run = (verb: MachineVerb) => power.mutate({ verb, ids })
  const names = rows.map(({ name }) => name).join(', ')
  return (
    <div role="toolbar" aria-label={texts.selected(rows.length)}>
      {VERBS.map((verb) => (
        <MayButton
          key={verb}
          appearance="subtle"
          needs={{ action: ACTIONS[verb]!, scope: ids }}
          why={rows.length === 0 ? machines.noneChosen : undefined}
          isBusy={power.isPending}
          onClick={() => (verb === 'powerOff' ? ask(true) : run(verb))}
        >
          {words[verb as keyof typeof words]}
        </MayButton>
      ))}
      <Text size={200}>{rows.length > 0 && texts.selected(rows.length)}</Text>
      <Text size={200} role="status">
        {power.data !== undefined &&
          ` ${machines.asked(words[power.data.verb as keyof typeof words], power.data.count)}`}
        {power.data !== undefined &&
          power.data.failures.length > 0 &&
          `, ${machines.failed(power.data.failures.length)}`}
      </Text>
      {isAsking && (
        <Confirm
          question={machines.confirmStop(names)}
          verb={machines.stop}
          onNo={() => ask(false)}
          onYes={() => {
            ask(false)
            run('powerOff')
          }}
        />
      )}
    </div>
  )
}
