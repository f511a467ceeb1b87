import { Card, Subtitle1 } from '@fluentui/react-components'
import { useState } from 'react'
import { Confirm } from '../components/confirm.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Page } from '../components/page.tsx'
import { Properties } from '../components/properties.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { type Host as HostView, useDrain, useHosts } from '../queries/administration.ts'
import { useTexts } from '../texts/texts.ts'

/** What all virtual machines run on. */
export default function HostPage() {
  const texts = useTexts()
  const hosts = useHosts()
  return (
    <Page title={texts.pages.host}>
      {hosts.isPending && <Loading />}
      {hosts.isError && <Failed error={hosts.error} retry={hosts.refetch} />}
      {hosts.data?.map((host) => (
        <One key={host.id} host={host} />
      ))}
    </Page>
  )
}

function One({ host }: { host: HostView }) {
  const texts = useTexts()
  const { administration } = texts
  const drain = useDrain()
  const [isAsking, ask] = useState(false)
  const { vcpus, memoryGib, architecture, drained, virtualMachines, running } = host.properties
  return (
    <Card>
      <Subtitle1 as="h2">{host.name}</Subtitle1>
      <Properties
        of={[
          [administration.vcpus, String(vcpus)],
          [administration.memory, String(Math.round(memoryGib))],
          [administration.architecture, architecture],
          [administration.machines, String(virtualMachines)],
          [administration.running, String(running)],
          [administration.drained, drained ? texts.yes : texts.no],
        ]}
      />
      <div>
        {drained ? (
          <MayButton
            needs={{ action: 'TrustedLaunch/hosts/resume/action', scope: host.id }}
            isBusy={drain.isPending}
            onClick={() => drain.mutate({ id: host.id, verb: 'resume' })}
          >
            {administration.resume}
          </MayButton>
        ) : (
          <MayButton
            needs={{ action: 'TrustedLaunch/hosts/drain/action', scope: host.id }}
            isBusy={drain.isPending}
            onClick={() => ask(true)}
          >
            {administration.drain}
          </MayButton>
        )}
      </div>
      {drain.isError && <Failed error={drain.error} />}
      {isAsking && (
        <Confirm
          verb={administration.drain}
          question={administration.drainAsk(host.name)}
          onNo={() => ask(false)}
          onYes={() => {
            drain.mutate({ id: host.id, verb: 'drain' })
            ask(false)
          }}
        />
      )}
    </Card>
  )
}
