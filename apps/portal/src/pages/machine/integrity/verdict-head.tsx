import { Button, makeStyles, Text, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular, ShieldCheckmarkRegular } from '@fluentui/react-icons'
import { useMutation } from '@tanstack/react-query'
import { IntegrityBadge } from '../../../components/integrity-badge.tsx'
import { MayButton } from '../../../components/may-button.tsx'
import { Failed } from '../../../components/states.tsx'
import { Time } from '../../../components/time.tsx'
import { type Attestation, recordOf, useBoot } from '../../../queries/integrity.ts'
import type { Machine } from '../../../queries/machine.ts'
import { useMachinePower } from '../../../queries/machine-power.ts'
import type { Texts } from '../../../texts/en.ts'
import { useTexts } from '../../../texts/texts.ts'
import { save } from './save.ts'
import { visible } from './visible.ts'

const NAMED_MAX = 3

const useStyles = makeStyles({
  head: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
})

interface Given {
  readonly machine: Machine
  readonly history: readonly Attestation[]
  readonly name: string
}

/** The verdict in one sentence: what, since when, which component; and the evidence to take along. */
export function VerdictHead({ machine, history, name }: Given) {
  const texts = useTexts()
  const styles = useStyles()
  const { data: boot } = useBoot(machine.id, name)
  const at = history.findIndex((one) => one.name === name)
  const tier = boot?.tier ?? history[at]?.properties.tier
  if (tier === undefined) return null
  const since = sinceOf(history, at) ?? boot?.time
  return (
    <div className={styles.head}>
      <div className={styles.row}>
        <IntegrityBadge of={tier} />
        <Text size={400} weight="semibold" role="status">
          {sentenceOf(texts, tier, componentsIn(boot?.findings ?? []))}{' '}
        </Text>
        {since !== undefined && (
          <Text>
            {texts.boot.since} <Time at={since} />
          </Text>
        )}
      </div>
      <div className={styles.row}>
        <AttestButton id={machine.id} />
        <RecordButton machine={machine} name={name} />
        {boot !== undefined && (
          <Button
            icon={<ArrowDownloadRegular />}
            onClick={() => save(`${machine.name}-${name}.jwt`, 'application/jwt', boot.token)}
          >
            {texts.boot.token}
          </Button>
        )}
        {boot !== undefined && (
          <Text size={200}>
            {texts.boot.lastProof} <Time at={boot.time} />
          </Text>
        )}
      </div>
    </div>
  )
}

/** When the verdict began to be this one, as far as the history that is kept tells. */
function sinceOf(history: readonly Attestation[], at: number): string | undefined {
  const tier = history[at]?.properties.tier
  let first = at
  while (first >= 0 && history[first + 1]?.properties.tier === tier) first++
  return history[first]?.properties.time
}

/** What the weightiest findings are about, each once. */
function componentsIn(findings: readonly { component: string; severity: string }[]): string[] {
  for (const weight of ['high', 'medium', 'low']) {
    const own = findings.filter(({ severity }) => severity === weight)
    if (own.length > 0) return [...new Set(own.map(({ component }) => component))]
  }
  return []
}

function sentenceOf({ boot }: Texts, tier: string, components: readonly string[]): string {
  if (tier === 'affirming') return boot.sentence.affirming
  if (tier !== 'warning' && tier !== 'contraindicated') return boot.sentence.none
  const names = components.slice(0, NAMED_MAX).map(visible).join(', ')
  const more = components.length > NAMED_MAX ? ' …' : ''
  return boot.sentence[tier](boot.components(names + more, components.length))
}

/** Asks it now; the page follows by itself. */
export function AttestButton({ id }: { id: string }) {
  const { boot } = useTexts()
  const power = useMachinePower()
  const failure = power.data?.failures[0]
  return (
    <>
      <MayButton
        appearance="primary"
        icon={<ShieldCheckmarkRegular />}
        needs={{ action: 'TrustedLaunch/evidence/attest/action', scope: id }}
        isBusy={power.isPending}
        onClick={() => power.mutate({ verb: 'attest', ids: [id] })}
      >
        {boot.attest}
      </MayButton>
      {failure !== undefined && <Failed error={(failure as PromiseRejectedResult).reason} />}
    </>
  )
}

function RecordButton({ machine, name }: { machine: Machine; name: string }) {
  const { boot } = useTexts()
  const record = useMutation({
    mutationFn: async () =>
      save(`${machine.name}-${name}.json`, 'application/json', await recordOf(machine.id, name)),
  })
  return (
    <>
      <Button
        icon={<ArrowDownloadRegular />}
        disabled={record.isPending}
        onClick={() => record.mutate()}
      >
        {boot.record}
      </Button>
      {record.isError && <Failed error={record.error} />}
    </>
  )
}
