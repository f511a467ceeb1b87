import { Radio, RadioGroup, Switch } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ConsoleKind } from '@trusted-launch/api'
import { lazy, Suspense } from 'react'
import { Allowed } from '../../components/allowed.tsx'
import type { Needed } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Empty, Loading } from '../../components/states.tsx'
import { powerOf } from '../../queries/machine.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'

export interface ConsoleGiven extends TabGiven {
  readonly mayType: boolean
  /** The right to open it. */
  readonly needs: Needed
}

const TYPE = 'Microsoft.SerialConsole/serialPorts/connect/action'
const WATCH = 'Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'

/** What draws a console is loaded when one is looked at. */
const KINDS: Record<ConsoleKind, React.ComponentType<ConsoleGiven>> = {
  serial: lazy(() => import('./console/serial.tsx')),
  screen: lazy(() => import('./console/screen.tsx')),
}

/** Its serial port or its screen, to look at and to type. */
export default function Console({ machine }: TabGiven) {
  const texts = useTexts()
  const words = texts.consoles
  const navigate = useNavigate()
  const { kind: named, watch = false } = useSearch({ strict: false }) as Search
  const kind = named === 'screen' ? 'screen' : 'serial'
  const Shown = KINDS[kind]
  const power = powerOf(machine)
  const needs = { action: watch ? WATCH : TYPE, scope: machine.id }
  const show = (search: Search) =>
    void navigate({ to: '.', search: search as never, replace: true })
  return (
    <>
      <Row>
        <RadioGroup
          layout="horizontal"
          aria-label={words.kind}
          value={kind}
          onChange={(_, { value }) => show({ kind: value as ConsoleKind, watch })}
        >
          {(Object.keys(KINDS) as ConsoleKind[]).map((one) => (
            <Radio key={one} value={one} label={words.kinds[one]} />
          ))}
        </RadioGroup>
        <Switch
          checked={watch}
          label={words.watch}
          onChange={(_, { checked }) => show({ kind, watch: checked })}
        />
      </Row>
      {power !== 'running' ? (
        <Empty
          title={words.notRunning(machine.name, texts.power[power] ?? power)}
          advice={words.notRunningAdvice}
        />
      ) : (
        <Allowed needs={needs} verb={words.connect}>
          <Suspense fallback={<Loading />}>
            <Shown key={kind} machine={machine} mayType={!watch} needs={needs} />
          </Suspense>
        </Allowed>
      )}
    </>
  )
}

interface Search {
  readonly kind?: ConsoleKind
  readonly watch?: boolean
}
