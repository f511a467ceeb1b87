import { makeStyles, Subtitle1, Text, tokens } from '@fluentui/react-components'
import type { BootStageView, BootView } from '@trusted-launch/api'
import { useNames } from '../../../queries/names.ts'
import { useTexts } from '../../../texts/texts.ts'
import { Stage } from './stage.tsx'

const useStyles = makeStyles({
  chain: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexDirection: 'column' },
  section: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  reference: { overflowWrap: 'anywhere' },
  warning: { color: tokens.colorPaletteRedForeground1 },
})

/** A stage as the chain shows it: measured, or the modules that the kernel read. */
export type Shown = Omit<BootStageView, 'event' | 'digest'> & {
  readonly event: number | null
  readonly digest: string | null
}

/** What ran, in its order, each stage with who signed it and whether it is the one that was expected. */
export function BootChain({ boot }: { boot: BootView }) {
  const { boot: texts } = useTexts()
  const styles = useStyles()
  const modules = modulesOf(boot, texts.modules, texts.modulesRead)
  const stages: readonly Shown[] = [...boot.chain, ...(modules === null ? [] : [modules])]
  return (
    <section className={styles.section} aria-label={texts.chain}>
      <Subtitle1 as="h2">{texts.chain}</Subtitle1>
      <Text>{texts.chainLead}</Text>
      <Reference of={boot.reference} />
      {!boot.isQuoted && <Text className={styles.warning}>{texts.notQuoted}</Text>}
      <ol className={styles.chain}>
        {stages.map((stage, i) => (
          <Stage
            key={`${stage.stage} ${stage.event}`}
            of={stage}
            boot={boot}
            isLast={i === stages.length - 1}
          />
        ))}
      </ol>
    </section>
  )
}

/** What vouches for it, and who answers for that. */
function Reference({ of }: { of: BootView['reference'] }) {
  const { boot } = useTexts()
  const styles = useStyles()
  const by = typeof of?.approval === 'object' ? of.approval.by : undefined
  const nameOf = useNames([by])
  if (of === null) return <Text>{boot.noReference}</Text>
  const { name, origins, approval } = of
  const answer =
    typeof approval === 'object'
      ? boot.approvedBy(nameOf(approval.by), approval.why)
      : approval === 'needed'
        ? boot.notApproved
        : null
  return (
    <Text size={200} className={styles.reference}>
      {[boot.vouched(name), ...origins, ...(answer === null ? [] : [answer])].join(' · ')}
    </Text>
  )
}

/** The kernel's own list is no stage of the firmware's log: its files end the chain. */
function modulesOf(
  { files, findings, reference }: BootView,
  stage: string,
  read: (count: number) => string,
): Shown | null {
  const count = files.filter(({ path }) => /\.ko(\.\w+)?$/.test(path)).length
  if (count === 0) return null
  const told = findings.filter(({ id }) => /^(?:ima|module)\./.test(id))
  const isWrong = told.some(({ severity }) => severity !== 'info')
  const isCompared =
    reference !== null && !findings.some(({ id }) => id === 'reference-values.modules')
  const verdict = isWrong ? 'unexpected' : isCompared ? 'expected' : 'not-compared'
  const none = { digest: null, signer: null, certificates: [], event: null }
  return { ...none, stage, what: read(count), pcr: 10, verdict }
}
