import { Text } from '@fluentui/react-components'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../components/act.tsx'
import { Page } from '../components/page.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { idIn, paths } from '../paths.ts'
import { useLongAction } from '../queries/long-action.ts'
import { type Document, type Kept, usePolicies } from '../queries/plans.ts'
import { nameIn } from '../resource-names.ts'
import { useTexts } from '../texts/texts.ts'
import { JsonField } from './policies/json-field.tsx'
import { TriedAndApplied } from './policies/tried.tsx'
import { Versions } from './policies/versions.tsx'

/** One policy, or one that is to be: changed once it is known what that would change. */
export default function Policy() {
  const { id: given = '' } = useParams({ strict: false })
  const { from } = useSearch({ strict: false }) as { from?: string }
  const id = idIn(given)
  const policies = usePolicies()
  const kept = policies.data?.find((one) => one.id.toLowerCase() === id.toLowerCase()) ?? null
  const model = policies.data?.find(({ name }) => name === from)?.properties.document
  return (
    <Page title={nameIn(id)} actions={kept !== null && <Delete of={kept} />}>
      {policies.isPending && <Loading />}
      {policies.isError && <Failed error={policies.error} retry={policies.refetch} />}
      {policies.data !== undefined && <Editor key={id} {...{ id, kept }} model={model ?? EMPTY} />}
    </Page>
  )
}

const EMPTY: Document = { version: 2, rules: {}, claims: [] }

function Editor({ id, kept, model }: { id: string; kept: Kept | null; model: Document }) {
  const { plans: words } = useTexts().govern
  const first = kept?.properties.document ?? { ...model, id: nameIn(id) }
  const [document, change] = useState<Document | null>(first)
  if (kept?.properties.builtIn === true)
    return (
      <>
        <Text>{words.builtIn}</Text>
        <JsonField value={first} />
      </>
    )
  return (
    <>
      <JsonField value={first} onChange={change} />
      <TriedAndApplied kind="policy" {...{ id, kept, document }} />
      {kept !== null && <Versions id={id} />}
    </>
  )
}

function Delete({ of }: { of: Kept }) {
  const texts = useTexts()
  const navigate = useNavigate()
  const action = useLongAction()
  if (of.properties.builtIn === true) return null
  const accepted = () => navigate({ to: paths.policies, search: { part: 'policies' } as never })
  return (
    <>
      <Act
        verb={texts.machine.delete}
        needs={{ action: 'TrustedLaunch/policies/delete', scope: of.id }}
        question={texts.govern.plans.deletePolicy(of.name)}
        onYes={() => action.mutate({ method: 'DELETE', path: of.id, accepted })}
      />
      {action.isError && <Failed error={action.error} />}
    </>
  )
}
