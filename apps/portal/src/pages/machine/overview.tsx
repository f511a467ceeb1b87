import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { Properties } from '../../components/properties.tsx'
import { Time } from '../../components/time.tsx'
import { powerOf, type Status } from '../../queries/machine.ts'
import { imageText } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'
import { PowerButtons } from './power-buttons.tsx'

const PLAIN = /^(?:ProvisioningState|PowerState|OSState)\//

/** What it is and how it stands. */
export default function Overview({ machine }: TabGiven) {
  const texts = useTexts()
  const { properties, location } = machine
  const statuses = properties.instanceView?.statuses ?? []
  const power = powerOf(machine)
  const { securityType = 'Standard', uefiSettings } = properties.securityProfile ?? {}
  const image = properties.storageProfile?.imageReference
  const switched = (is: boolean | undefined) => (is === true ? texts.on : texts.off)
  return (
    <>
      <PowerButtons machine={machine} />
      {statuses
        .filter(({ code, message }) => !PLAIN.test(code) && message !== undefined)
        .map(noticeOf)}
      <Properties
        of={[
          [texts.machines.state, texts.power[power] ?? power],
          [texts.machines.size, properties.hardwareProfile.vmSize],
          [texts.machines.security, securityType],
          ['Secure Boot', switched(uefiSettings?.secureBootEnabled)],
          ['vTPM', switched(uefiSettings?.vTpmEnabled)],
          [texts.machine.image, image === undefined ? texts.none : imageText(image)],
          [texts.machine.location, location],
          [texts.machine.created, <Time key="created" at={properties.timeCreated} />],
          ['vmId', <Copyable key="vmId" text={properties.vmId} />],
        ]}
      />
    </>
  )
}

function noticeOf({ code, level, message }: Status) {
  const intent = level === 'Error' ? 'error' : level === 'Warning' ? 'warning' : 'info'
  return (
    <MessageBar key={code} intent={intent} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{code}</MessageBarTitle> {message}
      </MessageBarBody>
    </MessageBar>
  )
}
