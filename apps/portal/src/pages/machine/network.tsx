import { Card, Subtitle1 } from '@fluentui/react-components'
import { Copyable } from '../../components/copyable.tsx'
import { Properties } from '../../components/properties.tsx'
import { Failed, Loading } from '../../components/states.tsx'
import { type NetworkInterface, useNetworkInterfaces } from '../../queries/machine-parts.ts'
import { nameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'

/** Its interfaces, and where it is reached. */
export default function Network({ machine }: TabGiven) {
  const texts = useTexts()
  const { networkProfile, instanceView } = machine.properties
  const ids = (networkProfile?.networkInterfaces ?? []).map(({ id }) => id)
  const ssh = instanceView?.statuses?.find(({ code }) => code === 'TrustedLaunch/Ssh')?.message
  return (
    <>
      <Properties
        of={[['SSH', ssh === undefined ? texts.none : <Copyable key="ssh" text={ssh} />]]}
      />
      {useNetworkInterfaces(ids).map((one, i) => (
        <Card key={ids[i]}>
          <Subtitle1 as="h2">{nameIn(ids[i]!)}</Subtitle1>
          {one.isPending && <Loading />}
          {one.isError && <Failed error={one.error} retry={one.refetch} />}
          {one.data !== undefined && <Interface of={one.data} />}
        </Card>
      ))}
    </>
  )
}

function Interface({ of: { properties } }: { of: NetworkInterface }) {
  const { resources, none } = useTexts()
  const named = (one: { readonly id: string } | undefined) =>
    one === undefined ? none : nameIn(one.id)
  return (
    <Properties
      of={[
        [resources.hardwareAddress, properties.macAddress ?? none],
        [resources.securityGroup, named(properties.networkSecurityGroup)],
        ...properties.ipConfigurations.flatMap(({ properties: { subnet, ...of } }) => [
          [resources.subnet, subnet === undefined ? none : placeOf(subnet.id)] as const,
          [resources.privateAddress, of.privateIPAddress ?? none] as const,
          [resources.publicAddress, named(of.publicIPAddress)] as const,
        ]),
      ]}
    />
  )
}

/** The network's name and the subnet's. */
function placeOf(subnet: string): string {
  return `${nameIn(subnet.replace(/\/subnets\/[^/]*$/i, ''))}/${nameIn(subnet)}`
}
