import {
  Button,
  Field,
  makeStyles,
  Radio,
  RadioGroup,
  Switch,
  Text,
} from '@fluentui/react-components'
import { useState } from 'react'
import { Allowed } from '../../components/allowed.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { UnderWay } from '../../components/under-way.tsx'
import { useLongAction } from '../../queries/long-action.ts'
import { powerOf } from '../../queries/machine.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'
import { FirmwarePanel } from './firmware.tsx'
import { effectsOf, profileOf, type Security, securityOf } from './security.ts'

const TYPES = ['TrustedLaunch', 'Standard'] as const

const useStyles = makeStyles({ effects: { margin: 0 } })

/** What protects it, and what each change of that will do. */
export default function Configuration({ machine }: TabGiven) {
  const { resources, machine: words, refresh } = useTexts()
  const styles = useStyles()
  const had = securityOf(machine)
  const [wanted, want] = useState(had)
  const [isAsking, ask] = useState(false)
  const action = useLongAction()
  const power = powerOf(machine)
  const effects = effectsOf(had, wanted, power, resources)
  const apply = () =>
    action.mutate({
      ...{ method: 'PATCH', path: machine.id },
      body: { properties: { securityProfile: profileOf(wanted) } },
    })
  return (
    <>
      <UnderWay id={machine.id} />
      <Switches wanted={wanted} want={want} isOff={power === 'deallocated'} />
      <ul className={styles.effects} aria-label={resources.effects} aria-live="polite">
        {effects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
      {effects.length === 0 && <Text>{resources.noChange}</Text>}
      <Row>
        <MayButton
          appearance="primary"
          needs={{ action: 'Microsoft.Compute/virtualMachines/write', scope: machine.id }}
          isBusy={effects.length === 0 || action.isPending}
          onClick={() => ask(true)}
        >
          {resources.apply}
        </MayButton>
        <Button disabled={effects.length === 0} onClick={() => want(had)}>
          {resources.discard}
        </Button>
      </Row>
      {action.isError && <Failed error={action.error} />}
      {isAsking && (
        <Confirm
          verb={resources.apply}
          question={`${words.tabs.configuration}, ${machine.name}: ${effects.join(' ')}`}
          onNo={() => ask(false)}
          onYes={() => {
            ask(false)
            apply()
          }}
        />
      )}
      <Allowed
        needs={{ action: 'TrustedLaunch/firmwareKeys/read', scope: machine.id }}
        verb={refresh}
      >
        <FirmwarePanel id={machine.id} />
      </Allowed>
    </>
  )
}

function Switches(given: { wanted: Security; want: (security: Security) => void; isOff: boolean }) {
  const { wanted, want, isOff } = given
  const { resources, machines } = useTexts()
  const isTrusted = wanted.type === 'TrustedLaunch'
  return (
    <>
      <Field label={machines.security} hint={isOff ? null : resources.typeWhenDeallocated}>
        <RadioGroup
          layout="horizontal"
          value={wanted.type}
          disabled={!isOff}
          onChange={(_, { value }) =>
            // What Azure makes of a virtual machine that becomes Trusted Launch: its disk was never tried with Secure Boot.
            want({ type: value, secureBoot: false, vTpm: value === 'TrustedLaunch' })
          }
        >
          {TYPES.map((type) => (
            <Radio key={type} value={type} label={type} />
          ))}
        </RadioGroup>
      </Field>
      <Switch
        label="Secure Boot"
        disabled={!isTrusted}
        checked={wanted.secureBoot}
        onChange={(_, { checked }) => want({ ...wanted, secureBoot: checked })}
      />
      <Switch
        label="vTPM"
        disabled={!isTrusted}
        checked={wanted.vTpm}
        onChange={(_, { checked }) => want({ ...wanted, vTpm: checked })}
      />
    </>
  )
}
