import { Card, makeStyles, Text, tokens } from '@fluentui/react-components'
import { Properties } from '../../components/properties.tsx'
import type { AlertFinding } from '../../queries/alerts.ts'
import { useTexts } from '../../texts/texts.ts'
import { Value } from '../machine/integrity/value.tsx'

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
})

/** Each thing that is wrong: where, what was expected, what was found, what to do. */
export function Findings({ of }: { of: readonly AlertFinding[] }) {
  const { security } = useTexts()
  const isWhole = of.some(({ summary }) => summary !== undefined)
  return (
    <div className={useStyles().list}>
      {of.map((finding) => (
        <Finding key={`${finding.id} ${finding.events.join()} ${finding.actual}`} of={finding} />
      ))}
      {!isWhole && of.length > 0 && <Text size={200}>{security.hidden}</Text>}
    </div>
  )
}

function Finding({ of }: { of: AlertFinding }) {
  const { security } = useTexts()
  const { id, component, pcr, events, advice, summary, expected, actual } = of
  const rows: (readonly [string, React.ReactNode])[] = [
    [security.component, <Value key="component" text={component} />],
  ]
  if (pcr !== null) rows.push([security.pcr, String(pcr)])
  if (events.length > 0) rows.push([security.events, events.join(', ')])
  if (expected != null) rows.push([security.expected, <Value key="expected" text={expected} />])
  if (actual != null) rows.push([security.actual, <Value key="actual" text={actual} />])
  rows.push([security.advice, advice])
  return (
    <Card>
      <Text weight="semibold">
        <Value text={summary ?? id} />
      </Text>
      <Properties of={rows} />
    </Card>
  )
}
