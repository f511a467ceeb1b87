import type { MachineRow } from '@trusted-launch/api'
import { Page } from '../components/page.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { useFleet } from '../queries/fleet.ts'
import { useTexts } from '../texts/texts.ts'
import { IntegrityShares } from './overview/integrity-shares.tsx'

/** The whole subscription at a glance. */
export default function Overview() {
  const texts = useTexts()
  const fleet = useFleet()
  return (
    <Page title={texts.pages.overview}>
      {fleet.isPending && <Loading />}
      {fleet.isError && <Failed error={fleet.error} retry={fleet.refetch} />}
      {fleet.data !== undefined && <Shares rows={fleet.data} />}
    </Page>
  )
}

function Shares({ rows }: { rows: readonly MachineRow[] }) {
  return <IntegrityShares rows={rows} />
}
