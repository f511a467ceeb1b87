import { Text } from '@fluentui/react-components'
import type { Integrity } from '@trusted-launch/api'
import { Go } from '../../components/go.tsx'
import { IntegrityBadge } from '../../components/integrity-badge.tsx'
import { SimpleTable } from '../../components/simple-table.tsx'
import { paths } from '../../paths.ts'
import type { WhatIf } from '../../queries/plans.ts'
import { nameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'

const SHOWN = 100

/** What would be another, counted, and machine by machine. */
export function WhatIfResult({ of }: { of: WhatIf }) {
  const texts = useTexts()
  const { plans: words, suppression } = texts.govern
  const { judged, changed, worse, better, withoutEvidence, notJudged, value } = of
  const shown = value.slice(0, SHOWN)
  return (
    <>
      <Text role="status" weight="semibold">
        {words.judged(judged)}{' '}
        {changed === 0 ? words.nothingChanges : words.sum(changed, worse, better)}
      </Text>
      {withoutEvidence + notJudged > 0 && <Text>{words.without(withoutEvidence, notJudged)}</Text>}
      {shown.length > 0 && (
        <SimpleTable
          label={words.tryOut}
          titles={[texts.security.machine, words.verdict, words.found, words.alertsThen]}
          rows={shown.map(({ vm, tier, found, gone, consequences }) => [
            vm,
            <Go key="vm" to={paths.machine(vm, 'integrity')}>
              {nameIn(vm)}
            </Go>,
            <span key="tier">
              <IntegrityBadge of={tier.before as Integrity} /> →{' '}
              <IntegrityBadge of={tier.after as Integrity} />
            </span>,
            [...found.map(({ id }) => `+ ${id}`), ...gone.map(({ id }) => `− ${id}`)].join(', '),
            consequences.after
              .map(({ type, severity, response }) => {
                const done = words.responses[response] ?? response
                return `${type}: ${words.severities[severity] ?? severity}. ${done}.`
              })
              .join(' '),
          ])}
        />
      )}
      {changed > shown.length && <Text>{suppression.more(changed - shown.length)}</Text>}
    </>
  )
}
