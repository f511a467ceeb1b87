import { Badge, Card, makeStyles, Text, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { MayButton } from '../../../components/may-button.tsx'
import { Properties } from '../../../components/properties.tsx'
import { Empty, Failed, Loading } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import {
  type Difference,
  type Drift,
  type DriftDecision,
  useDriftDecision,
  useDrifts,
} from '../../../queries/integrity.ts'
import { useNames } from '../../../queries/names.ts'
import { useMayYet } from '../../../queries/permissions.ts'
import { useTexts } from '../../../texts/texts.ts'
import { DriftDialog } from './drift-dialog.tsx'
import type { PartGiven } from './parts.tsx'
import { Value } from './value.tsx'
import { visible } from './visible.ts'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
})

const READ = 'TrustedLaunch/drift/read'

/** What the VM measured otherwise than it was to, and somebody's answer to it; for who may see it. */
export function Drifts(given: PartGiven) {
  const texts = useTexts()
  const may = useMayYet(READ, given.machine.id)
  if (may === null) return <Loading />
  return may ? <All {...given} /> : <Empty title={texts.notAllowed(READ)} />
}

function All({ machine }: PartGiven) {
  const { boot } = useTexts()
  const drifts = useDrifts(machine.id)
  const decide = useDriftDecision(machine.id)
  if (drifts.isPending) return <Loading />
  if (drifts.isError) return <Failed error={drifts.error} retry={drifts.refetch} />
  if (drifts.data.length === 0) return <Empty title={boot.noDrift} />
  return (
    <>
      {decide.isError && <Failed error={decide.error} />}
      {drifts.data.map((drift) => (
        <OneDrift
          key={drift.id}
          of={drift}
          machine={machine}
          isBusy={decide.isPending}
          decide={decide.mutate}
        />
      ))}
    </>
  )
}

function OneDrift(given: {
  of: Drift
  machine: PartGiven['machine']
  isBusy: boolean
  decide: (decision: DriftDecision) => void
}) {
  const { of, machine, isBusy, decide } = given
  const { boot } = useTexts()
  const styles = useStyles()
  const [asking, ask] = useState<'approve' | 'reject' | null>(null)
  const { status, isPresent, isFirstBoot, count, firstSeen, lastSeen } = of.properties
  const { differences, modules, decision, leftOut } = of.properties
  const nameOf = useNames([decision?.by])
  return (
    <Card>
      <div className={styles.row}>
        <Badge appearance="tint" color={status === 'Pending' ? 'warning' : 'informative'}>
          {boot.driftStates[status] ?? status}
        </Badge>
        <Text size={200}>
          {boot.seen(count)}, <Time at={firstSeen} /> – <Time at={lastSeen} />
        </Text>
      </div>
      {isFirstBoot && <Text>{boot.isFirstBoot}</Text>}
      {!isPresent && status === 'Pending' && <Text>{boot.isGone}</Text>}
      {differences.map((one) => (
        <OneDifference key={JSON.stringify(one)} of={one} />
      ))}
      {modules.length > 0 && (
        <Properties of={[[boot.newModules, modules.map(visible).join(', ')]]} />
      )}
      {leftOut > 0 && <Text>{boot.leftOut(leftOut)}</Text>}
      {decision !== null && (
        <Text size={200}>
          {boot.decided(nameOf(decision.by), visible(decision.reason))} (<Time at={decision.at} />)
        </Text>
      )}
      <div className={styles.row}>
        {status !== 'Approved' && (
          <MayButton
            appearance="primary"
            needs={{ action: 'TrustedLaunch/drift/approve/action', scope: of.id }}
            isBusy={isBusy}
            onClick={() => ask('approve')}
          >
            {boot.approve}
          </MayButton>
        )}
        {status === 'Pending' && (
          <MayButton
            needs={{ action: 'TrustedLaunch/drift/reject/action', scope: of.id }}
            isBusy={isBusy}
            onClick={() => ask('reject')}
          >
            {boot.reject}
          </MayButton>
        )}
      </div>
      {asking !== null && (
        <DriftDialog
          verb={asking}
          machine={machine}
          isFirstBoot={isFirstBoot}
          onNo={() => ask(null)}
          onYes={(answer) => {
            decide({ drift: of.id, verb: asking, ...answer })
            ask(null)
          }}
        />
      )}
    </Card>
  )
}

/** Was → is, who signed what is there now, and whether a pristine image has it. */
function OneDifference({ of }: { of: Difference }) {
  const { boot, security } = useTexts()
  const { component, pcr, before, after, signer, known } = of
  return (
    <Properties
      of={[
        [
          security.component,
          <>
            <bdi>{visible(component)}</bdi>
            {pcr !== null && ` (${boot.pcr} ${pcr})`}
          </>,
        ],
        [boot.was, before === null ? boot.absent : <Value key="was" text={before} />],
        [boot.is, after === null ? boot.absent : <Value key="is" text={after} />],
        ...(signer === null ? [] : [[boot.signer, visible(signer)] as const]),
        ...(known === null ? [] : [['', boot.knownAs(known)] as const]),
      ]}
    />
  )
}
