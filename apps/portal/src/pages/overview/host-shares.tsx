import { Panel } from '../../components/panel.tsx'
import { Properties } from '../../components/properties.tsx'
import { useHosts } from '../../queries/administration.ts'
import { useTexts } from '../../texts/texts.ts'

/** What the host has, and what runs on it. */
export function HostShares() {
  const { overview } = useTexts()
  return (
    <Panel title={overview.host} of={useHosts()}>
      {(hosts) =>
        hosts.map(({ id, properties }) => (
          <Properties
            key={id}
            of={[
              [overview.vcpus, String(properties.vcpus)],
              [overview.memory, `${Math.round(properties.memoryGib)} GiB`],
              [overview.running, overview.ofAll(properties.running, properties.virtualMachines)],
            ]}
          />
        ))
      }
    </Panel>
  )
}
