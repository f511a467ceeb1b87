import { AddRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import type { Column } from '../../components/data-table.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Go } from '../../components/go.tsx'
import { ListPage } from '../../components/list-page.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Time } from '../../components/time.tsx'
import { paths } from '../../paths.ts'
import { useFleet } from '../../queries/fleet.ts'
import { useGroups } from '../../queries/groups.ts'
import { useNames } from '../../queries/names.ts'
import { type Kept, planOf, scopeIn, usePlans } from '../../queries/plans.ts'
import { useScopeNames } from '../../queries/scope-names.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'

interface Row extends Kept {
  readonly where: string
  readonly who: string
}

/** Every plan, wherever it stands. */
export function Plans({ tabs }: { tabs: ReactNode }) {
  const { id: subscription } = useSubscription()
  const texts = useTexts()
  const { plans: words } = texts.govern
  const plans = usePlans()
  const placeOf = useScopeNames()
  const nameOf = useNames(plans.data?.map(({ properties }) => properties.changedBy) ?? [])
  const [isMaking, make] = useState(false)
  const rows = plans.data?.map((one): Row => {
    const who = nameOf(one.properties.changedBy ?? '')
    return { ...one, where: placeOf(scopeIn(one.id)), who }
  })
  return (
    <>
      <ListPage
        title={texts.pages.policies}
        list={{ ...plans, data: rows } as never}
        columns={useColumns()}
        idOf={({ id }) => id}
        textOf={({ where, properties }) => `${where} ${properties.document.name}`}
        empty={words.none}
        advice={words.noneAdvice}
        actions={
          <>
            {tabs}
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: 'TrustedLaunch/monitoringPlans/write', scope: subscription }}
              onClick={() => make(true)}
            >
              {words.new}
            </MayButton>
          </>
        }
      />
      {isMaking && <NewPlan onClose={() => make(false)} />}
    </>
  )
}

function useColumns(): readonly Column<Row>[] {
  const { plans: words } = useTexts().govern
  return useMemo(() => {
    const seconds = (value: unknown) =>
      typeof value === 'number' ? words.seconds(value) : words.fromAbove
    return [
      {
        ...{ id: 'where', title: words.scope, value: ({ where }) => where },
        cell: ({ id, where }) => <Go to={paths.plan(id)}>{where}</Go>,
      },
      {
        ...{ id: 'name', title: words.plan, width: 12 },
        value: ({ properties }) => String(properties.document.name),
      },
      {
        ...{ id: 'policy', title: words.policy, width: 12 },
        value: ({ properties }) => String(properties.document.policy ?? words.fromAbove),
      },
      {
        ...{ id: 'interval', title: words.interval, width: 9 },
        value: ({ properties }) => seconds(properties.document.intervalSeconds),
      },
      {
        ...{ id: 'silence', title: words.silence, width: 9 },
        value: ({ properties }) => seconds(properties.document.silenceSeconds),
      },
      {
        ...{ id: 'version', title: words.version, width: 5 },
        value: ({ properties }) => properties.version ?? 1,
      },
      {
        ...{ id: 'changed', title: words.changed, width: 13 },
        value: ({ properties }) => properties.changedOn ?? '',
        cell: ({ properties: { changedOn: at } }) => at !== undefined && <Time at={at} />,
      },
      { id: 'by', title: words.changedBy, width: 9, value: ({ who }) => who },
    ]
  }, [words])
}

/** Where it shall hold: its page goes on from there, also where a plan stands already. */
function NewPlan({ onClose }: { onClose: () => void }) {
  const { plans: words } = useTexts().govern
  const { id, displayName } = useSubscription()
  const navigate = useNavigate()
  const groups = useGroups().data ?? []
  const machines = useFleet().data ?? []
  const [scope, choose] = useState(id)
  return (
    <FormDialog
      title={words.new}
      verb={words.go}
      onYes={() => navigate({ to: paths.plan(planOf(scope)) })}
      onNo={onClose}
    >
      <Choice
        label={words.newAt}
        value={scope}
        of={[
          [id, displayName],
          ...[...groups, ...machines].map((one) => [one.id, one.name] as const),
        ]}
        onChoose={choose}
      />
    </FormDialog>
  )
}
