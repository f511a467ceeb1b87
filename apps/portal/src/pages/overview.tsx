import { makeStyles, tokens } from '@fluentui/react-components'
import { CreateButton } from '../components/create-button.tsx'
import { Page } from '../components/page.tsx'
import { Empty, Failed, Loading } from '../components/states.tsx'
import { useFleet } from '../queries/fleet.ts'
import { useIsGranted } from '../queries/permissions.ts'
import { useTexts } from '../texts/texts.ts'
import { HostShares } from './overview/host-shares.tsx'
import { IntegrityShares } from './overview/integrity-shares.tsx'
import { NewestAlerts } from './overview/newest-alerts.tsx'
import { ProofsOverTime } from './overview/proofs-over-time.tsx'
import { Recommended } from './overview/recommended.tsx'
import { Score } from './overview/score.tsx'

const useStyles = makeStyles({
  cards: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 24rem), 1fr))',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
  },
  wide: { gridColumn: '1 / -1' },
})

/** The whole subscription at a glance. */
export default function Overview() {
  const texts = useTexts()
  const fleet = useFleet()
  const styles = useStyles()
  const maySeeHosts = useIsGranted('TrustedLaunch/hosts/read', '/')
  return (
    <Page title={texts.pages.overview}>
      {fleet.isPending && <Loading />}
      {fleet.isError && <Failed error={fleet.error} retry={fleet.refetch} />}
      {fleet.data?.length === 0 && (
        <Empty title={texts.machines.empty} advice={texts.machines.emptyAdvice}>
          <CreateButton />
        </Empty>
      )}
      <div className={styles.cards}>
        {fleet.data !== undefined && fleet.data.length > 0 && <IntegrityShares rows={fleet.data} />}
        <NewestAlerts />
        <Score />
        <Recommended />
        {maySeeHosts && <HostShares />}
        <div className={styles.wide}>
          <ProofsOverTime />
        </div>
      </div>
    </Page>
  )
}
