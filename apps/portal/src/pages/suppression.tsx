import { AddRegular } from '@fluentui/react-icons'
import { useMemo, useState } from 'react'
import { Act } from '../components/act.tsx'
import type { Column } from '../components/data-table.tsx'
import { ListPage } from '../components/list-page.tsx'
import { MayButton } from '../components/may-button.tsx'
import { Row } from '../components/row.tsx'
import { Failed } from '../components/states.tsx'
import { Time } from '../components/time.tsx'
import { useLongAction } from '../queries/long-action.ts'
import { type SuppressionRule, useSuppressionRules } from '../queries/suppression.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'
import { conditionText, EMPTY, switched } from './suppression/draft.ts'
import { HiddenDialog } from './suppression/hidden-dialog.tsx'
import { RuleDialog } from './suppression/rule-dialog.tsx'

const RULES = 'Microsoft.Security/alertsSuppressionRules'

type Deed = 'hid' | 'switch' | 'delete'

/** The rules that keep alerts from being told. */
export default function Suppression() {
  const { id: subscription } = useSubscription()
  const texts = useTexts()
  const { suppression } = texts.govern
  const [isMaking, make] = useState(false)
  const [shown, show] = useState<string | null>(null)
  const action = useLongAction()
  const { mutate } = action
  const columns = useColumns((rule, deed) => {
    if (deed === 'hid') show(rule.name)
    if (deed === 'delete') mutate({ method: 'DELETE', path: rule.id })
    if (deed !== 'switch') return
    const state = rule.properties.state === 'Enabled' ? 'Disabled' : 'Enabled'
    mutate({
      ...{ method: 'PUT', path: rule.id },
      body: { properties: switched(rule, state) as never },
    })
  })
  return (
    <>
      <ListPage
        title={texts.pages.suppression}
        list={useSuppressionRules()}
        columns={columns}
        idOf={({ id }) => id}
        textOf={({ name, properties }) => `${name} ${properties.alertType} ${properties.reason}`}
        empty={suppression.none}
        advice={suppression.noneAdvice}
        actions={
          <>
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: `${RULES}/write`, scope: subscription }}
              onClick={() => make(true)}
            >
              {suppression.new}
            </MayButton>
            {action.isError && <Failed error={action.error} />}
          </>
        }
      />
      {isMaking && <RuleDialog from={EMPTY} onClose={() => make(false)} />}
      {shown !== null && <HiddenDialog name={shown} onClose={() => show(null)} />}
    </>
  )
}

function useColumns(
  act: (rule: SuppressionRule, deed: Deed) => void,
): readonly Column<SuppressionRule>[] {
  const texts = useTexts()
  return useMemo(() => {
    const { govern, security, machine } = texts
    const { suppression } = govern
    return [
      { id: 'name', title: suppression.rule, width: 12, value: ({ name }) => name },
      {
        ...{ id: 'type', title: suppression.alertType, width: 14 },
        value: ({ properties }) => properties.alertType,
      },
      {
        ...{ id: 'conditions', title: suppression.conditions },
        value: ({ properties }) => conditionsOf(properties),
        cell: ({ properties }) => (
          <span title={conditionsOf(properties)}>
            {conditionsOf(properties) || suppression.everyAlert}
          </span>
        ),
      },
      {
        ...{ id: 'reason', title: security.reason, width: 12 },
        value: ({ properties }) => properties.reason,
      },
      {
        ...{ id: 'state', title: security.status, width: 7 },
        value: ({ properties }) => suppression.states[properties.state] ?? properties.state,
      },
      {
        ...{ id: 'until', title: suppression.until, width: 13 },
        value: ({ properties }) => properties.expirationDateUtc ?? '',
        cell: ({ properties: { expirationDateUtc: at } }) => at !== undefined && <Time at={at} />,
      },
      {
        ...{ id: 'acts', title: texts.administration.action, width: 24, value: () => '' },
        cell: (rule) => (
          <Row>
            <Act
              size="small"
              needs={{ action: `${RULES}/hidden/read`, scope: rule.id }}
              verb={suppression.hid}
              onYes={() => act(rule, 'hid')}
            />
            <Act
              size="small"
              needs={{ action: `${RULES}/write`, scope: rule.id }}
              verb={rule.properties.state === 'Enabled' ? suppression.disable : suppression.enable}
              {...(rule.properties.state === 'Expired' && { why: suppression.states.Expired })}
              onYes={() => act(rule, 'switch')}
            />
            <Act
              size="small"
              verb={machine.delete}
              needs={{ action: `${RULES}/delete`, scope: rule.id }}
              question={suppression.deleteAsk(rule.name)}
              onYes={() => act(rule, 'delete')}
            />
          </Row>
        ),
      },
    ]
  }, [texts, act])
}

function conditionsOf({ suppressionAlertsScope }: SuppressionRule['properties']): string {
  return suppressionAlertsScope?.allOf.map(conditionText).join(', ') ?? ''
}
