import { Tab, TabList, Text } from '@fluentui/react-components'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../components/act.tsx'
import { Page } from '../components/page.tsx'
import { Failed, Loading } from '../components/states.tsx'
import { idIn, paths } from '../paths.ts'
import { useLongAction } from '../queries/long-action.ts'
import { type Document, type Kept, scopeIn, usePlans } from '../queries/plans.ts'
import { useScopeNames } from '../queries/scope-names.ts'
import { useTexts } from '../texts/texts.ts'
import { PlanFields } from './plan/fields.tsx'
import { JsonField } from './policies/json-field.tsx'
import { TriedAndApplied } from './policies/tried.tsx'
import { Versions } from './policies/versions.tsx'

/** The plan of a scope, or one that is to be: changed once it is known what that would change. */
export default function Plan() {
  const { id: given = '' } = useParams({ strict: false })
  const id = idIn(given)
  const { plans: words } = useTexts().govern
  const where = useScopeNames()(scopeIn(id))
  const plans = usePlans()
  const kept = plans.data?.find((one) => one.id.toLowerCase() === id.toLowerCase()) ?? null
  return (
    <Page title={words.title(where)} actions={kept !== null && <Delete of={kept} where={where} />}>
      <Text>{words.lead}</Text>
      {plans.isPending && <Loading />}
      {plans.isError && <Failed error={plans.error} retry={plans.refetch} />}
      {plans.data !== undefined && <Editor key={id} {...{ id, kept }} />}
    </Page>
  )
}

function Editor({ id, kept }: { id: string; kept: Kept | null }) {
  const { plans: words } = useTexts().govern
  const [form, show] = useState<'form' | 'json'>('form')
  const [document, change] = useState<Document | null>(
    kept?.properties.document ?? { version: 1, name: 'plan' },
  )
  return (
    <>
      <TabList
        selectedValue={form}
        onTabSelect={(_, { value }) => document !== null && show(value as 'form' | 'json')}
      >
        <Tab value="form">{words.form}</Tab>
        <Tab value="json">{words.json}</Tab>
      </TabList>
      {form === 'form' ? (
        <PlanFields of={document!} onChange={change} />
      ) : (
        <JsonField value={document ?? {}} onChange={change} />
      )}
      <TriedAndApplied kind="plan" {...{ id, kept, document }} />
      {kept !== null && <Versions id={id} />}
    </>
  )
}

function Delete({ of, where }: { of: Kept; where: string }) {
  const texts = useTexts()
  const navigate = useNavigate()
  const action = useLongAction()
  const accepted = () => navigate({ to: paths.policies })
  return (
    <>
      <Act
        verb={texts.machine.delete}
        needs={{ action: 'TrustedLaunch/monitoringPlans/delete', scope: of.id }}
        question={texts.govern.plans.deletePlan(where)}
        onYes={() => action.mutate({ method: 'DELETE', path: of.id, accepted })}
      />
      {action.isError && <Failed error={action.error} />}
    </>
  )
}
