import { Button, MessageBar, MessageBarActions, MessageBarBody } from '@fluentui/react-components'
import { Empty, Failed, Loading } from '../../components/states.tsx'
import { type Attestation, useBoot, useHistory } from '../../queries/integrity.ts'
import { useMayYet } from '../../queries/permissions.ts'
import { useTexts } from '../../texts/texts.ts'
import type { TabGiven } from '../machine.tsx'
import { BootChain } from './integrity/boot-chain.tsx'
import { useChosenBoot } from './integrity/chosen-boot.ts'
import { EarlierFailure } from './integrity/earlier-failure.tsx'
import { Findings } from './integrity/findings.tsx'
import { Parts } from './integrity/parts.tsx'
import { AttestButton, VerdictHead } from './integrity/verdict-head.tsx'

const READ = 'TrustedLaunch/evidence/read'

/** What it proved, for who may see it: nothing is asked that is refused. */
export default function Integrity({ machine }: TabGiven) {
  const texts = useTexts()
  const may = useMayYet(READ, machine.id)
  if (may === null) return <Loading />
  if (!may) return <Empty title={texts.notAllowed(READ)} advice={texts.boot.forReaders} />
  return <Shown machine={machine} />
}

/** The verdict, stage by stage and event by event, and what anybody decided about it. */
function Shown({ machine }: TabGiven) {
  const { boot } = useTexts()
  const history = useHistory(machine.id)
  if (history.isPending) return <Loading />
  if (history.isError) return <Failed error={history.error} retry={history.refetch} />
  if (history.data.length > 0) return <Proven machine={machine} history={history.data} />
  if (machine.properties.securityProfile?.uefiSettings?.vTpmEnabled !== true)
    return <Empty title={boot.unproven} />
  return (
    <Empty title={boot.never} advice={boot.neverAdvice}>
      <AttestButton id={machine.id} />
    </Empty>
  )
}

function Proven(given: TabGiven & { history: readonly Attestation[] }) {
  const { machine, history } = given
  const [chosen] = useChosenBoot()
  const name = chosen ?? history[0]!.name
  const boot = useBoot(machine.id, name)
  return (
    <>
      <VerdictHead machine={machine} history={history} name={name} />
      <EarlierFailure machine={machine} />
      {name !== history[0]!.name && <Older />}
      {boot.isPending && <Loading />}
      {boot.isError && <Failed error={boot.error} retry={boot.refetch} />}
      {boot.data !== undefined && (
        <>
          <Findings of={boot.data.findings} />
          <BootChain boot={boot.data} />
          <Parts machine={machine} history={history} boot={boot.data} />
        </>
      )}
    </>
  )
}

function Older() {
  const { boot } = useTexts()
  const [, choose] = useChosenBoot()
  return (
    <MessageBar intent="info">
      <MessageBarBody>{boot.older}</MessageBarBody>
      <MessageBarActions>
        <Button onClick={() => choose(undefined)}>{boot.showNewest}</Button>
      </MessageBarActions>
    </MessageBar>
  )
}
