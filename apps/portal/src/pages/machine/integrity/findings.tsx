import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
} from '@fluentui/react-components'
import type { BootFinding } from '@trusted-launch/api'
import { Properties } from '../../../components/properties.tsx'
import { SeverityBadge } from '../../../components/severity-badge.tsx'
import { useTexts } from '../../../texts/texts.ts'
import { Value } from './value.tsx'
import { visible } from './visible.ts'

const SHOWN_AS = { high: 'High', medium: 'Medium', low: 'Low', info: 'Informational' } as const

/** Each thing that was found; opened, what was expected and what to do. */
export function Findings({ of }: { of: readonly BootFinding[] }) {
  if (of.length === 0) return null
  return (
    <Accordion multiple collapsible>
      {of.map((finding) => (
        <Finding key={keyOf(finding)} of={finding} />
      ))}
    </Accordion>
  )
}

const keyOf = ({ id, component, pcr, events, actual, summary }: BootFinding) =>
  [id, component, pcr, events.join(), actual, summary].join(' ')

function Finding({ of }: { of: BootFinding }) {
  const { security } = useTexts()
  const { severity, summary, component, pcr, events, expected, actual, advice, id } = of
  const rows: (readonly [string, React.ReactNode])[] = [
    ['id', id],
    [security.component, visible(component)],
    ...(pcr === null ? [] : [[security.pcr, String(pcr)] as const]),
    ...(events.length === 0 ? [] : [[security.events, events.join(', ')] as const]),
    ...(expected === null
      ? []
      : [[security.expected, <Value key="expected" text={expected} />] as const]),
    ...(actual === null ? [] : [[security.actual, <Value key="actual" text={actual} />] as const]),
    [security.advice, advice],
  ]
  return (
    <AccordionItem value={keyOf(of)}>
      <AccordionHeader>
        <SeverityBadge of={SHOWN_AS[severity]} />
        &nbsp;<bdi>{visible(summary)}</bdi>
      </AccordionHeader>
      <AccordionPanel>
        <Properties of={rows} />
      </AccordionPanel>
    </AccordionItem>
  )
}
