import { Field, ProgressBar, Text } from '@fluentui/react-components'
import { useState } from 'react'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { useLongAction } from '../../queries/long-action.ts'
import { type Document, type Kept, scopeIn, useWhatIf } from '../../queries/plans.ts'
import { useTexts } from '../../texts/texts.ts'
import { WhatIfResult } from './what-if-result.tsx'

/** The right that each is put with. */
const WRITES = {
  plan: 'TrustedLaunch/monitoringPlans/write',
  policy: 'TrustedLaunch/policies/write',
} as const

interface Given {
  readonly id: string
  readonly kind: 'plan' | 'policy'
  readonly kept: Kept | null
  /** Null: what is typed is no document. */
  readonly document: Document | null
}

/** A document is applied once it is known what it would change. */
export function TriedAndApplied({ id, kind, kept, document }: Given) {
  const { plans: words } = useTexts().govern
  const whatIf = useWhatIf()
  const apply = useLongAction()
  const [tried, note] = useState('')
  const text = canonical(document)
  const isChanged = document !== null && text !== canonical(kept?.properties.document ?? null)
  const isTried = whatIf.isSuccess && tried === text
  const tryIt = () => {
    note(text)
    whatIf.mutate({ scope: scopeIn(id), kind, document: document! })
  }
  const put = () =>
    apply.mutate({ method: 'PUT', path: id, body: { properties: { document: document as never } } })
  const isApplied = apply.isSuccess && !isChanged && kept?.properties.version !== undefined
  return (
    <>
      <Row>
        <MayButton
          needs={{ action: 'TrustedLaunch/whatIf/action', scope: scopeIn(id) }}
          isBusy={!isChanged || whatIf.isPending}
          onClick={tryIt}
        >
          {words.tryOut}
        </MayButton>
        <MayButton
          appearance="primary"
          needs={{ action: WRITES[kind], scope: id }}
          isBusy={!isTried || !isChanged || apply.isPending}
          onClick={put}
        >
          {words.apply}
        </MayButton>
        {isChanged && !isTried && !whatIf.isPending && <Text size={200}>{words.tryFirst}</Text>}
      </Row>
      {whatIf.isPending && (
        <Field label={words.trying} hint={`${whatIf.percent} %`}>
          <ProgressBar value={whatIf.percent / 100} />
        </Field>
      )}
      {whatIf.isError && <Failed error={whatIf.error} />}
      {apply.isError && <Failed error={apply.error} />}
      {isApplied && <Text role="status">{words.applied(kept.properties.version!)}</Text>}
      {isTried && isChanged && <WhatIfResult of={whatIf.data} />}
    </>
  )
}

/** The same for the same document, in whatever order its members stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
