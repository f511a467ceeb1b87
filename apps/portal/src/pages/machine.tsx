import { makeStyles, Tab, TabList } from '@fluentui/react-components'
import { useNavigate, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { Page } from '../components/page.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { idIn, MACHINE_TABS, type MachineTab, paths } from '../paths.ts'
import { type Machine as MachineView, useMachine } from '../queries/machine.ts'
import { useTexts } from '../texts/texts.ts'

export interface TabGiven {
  readonly machine: MachineView
}

/** Each part of a VM's page is loaded when it is first looked at. */
const TABS: Partial<Record<MachineTab, React.ComponentType<TabGiven>>> = {
  overview: lazy(() => import('./machine/overview.tsx')),
  integrity: lazy(() => import('./machine/integrity.tsx')),
  configuration: lazy(() => import('./machine/configuration.tsx')),
  console: lazy(() => import('./machine/console.tsx')),
  serial: lazy(() => import('./machine/serial.tsx')),
  disks: lazy(() => import('./machine/disks.tsx')),
  network: lazy(() => import('./machine/network.tsx')),
  extensions: lazy(() => import('./machine/extensions.tsx')),
  activity: lazy(() => import('./machine/activity.tsx')),
  json: lazy(() => import('./machine/json.tsx')),
}

const useStyles = makeStyles({ tabs: { flexWrap: 'wrap' } })

/** One virtual machine. */
export default function Machine() {
  const { id: given = '', tab = 'overview' } = useParams({ strict: false })
  const id = idIn(given)
  const texts = useTexts()
  const machine = useMachine(id)
  const navigate = useNavigate()
  const Shown = TABS[tab as MachineTab]
  const name = id.split('/').at(-1)!
  return (
    <Page title={name}>
      <TabList
        className={useStyles().tabs}
        selectedValue={tab}
        onTabSelect={(_, { value }) => navigate({ to: paths.machine(id, value as MachineTab) })}
      >
        {MACHINE_TABS.filter((one) => TABS[one] !== undefined).map((one) => (
          <Tab key={one} value={one}>
            {texts.machine.tabs[one]}
          </Tab>
        ))}
      </TabList>
      {machine.isPending && <Loading />}
      {machine.isError && <Failed error={machine.error} retry={machine.refetch} />}
      {machine.data !== undefined && Shown !== undefined && (
        <Suspense fallback={<Loading />}>
          <Shown machine={machine.data} />
        </Suspense>
      )}
    </Page>
  )
}
