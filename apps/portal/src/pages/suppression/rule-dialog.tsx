import { Text } from '@fluentui/react-components'
import { useState } from 'react'
import { FormDialog } from '../../components/form-dialog.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useAlerts } from '../../queries/alerts.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useDryRun, useRulePath } from '../../queries/suppression.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'
import { Conditions } from './conditions.tsx'
import { type Draft, propertiesOf } from './draft.ts'
import { HiddenList } from './hidden-list.tsx'

const RULES = 'Microsoft.Security/alertsSuppressionRules'
const REASON_MAX = 256
const COMMENT_MAX = 1_024

/** A rule is made once it was tried: what it would hide is shown first. */
export function RuleDialog({ from, onClose }: { from: Draft; onClose: () => void }) {
  const texts = useTexts()
  const { suppression } = texts.govern
  const { id: scope } = useSubscription()
  const [draft, change] = useState(from)
  const [tried, note] = useState('')
  const dryRun = useDryRun()
  const pathOf = useRulePath()
  const make = useLongAction()
  const types = [...new Set(useAlerts().data?.map(({ properties }) => properties.alertType))]
  const put = (part: Partial<Draft>) => change({ ...draft, ...part })
  const { name, alertType, reason } = draft
  const isWhole = [name, alertType, reason].every((text) => text.trim() !== '')
  const isTried = dryRun.isSuccess && tried === JSON.stringify(draft)
  const tryIt = () => {
    note(JSON.stringify(draft))
    dryRun.mutate({ name, properties: propertiesOf(draft) })
  }
  const save = () =>
    make.mutate(
      {
        ...{ method: 'PUT', path: pathOf(name) },
        body: { properties: propertiesOf(draft) as never },
      },
      { onSuccess: onClose },
    )
  return (
    <FormDialog
      title={suppression.new}
      verb={suppression.save}
      needs={{ action: `${RULES}/write`, scope }}
      mayNot={!isTried || make.isPending}
      error={make.error ?? dryRun.error}
      onYes={save}
      onNo={onClose}
      actions={
        <MayButton
          needs={{ action: `${RULES}/dryRun/action`, scope }}
          isBusy={!isWhole || dryRun.isPending}
          onClick={tryIt}
        >
          {suppression.try}
        </MayButton>
      }
    >
      <TextField
        label={suppression.rule}
        value={name}
        required
        max={128}
        onType={(name) => put({ name })}
      />
      <TextField
        label={suppression.alertType}
        value={alertType}
        required
        hint={suppression.anyType}
        known={[...types, '*']}
        onType={(alertType) => put({ alertType })}
      />
      <Conditions of={draft.conditions} onChange={(conditions) => put({ conditions })} />
      <TextField
        label={texts.security.reason}
        value={reason}
        required
        max={REASON_MAX}
        onType={(reason) => put({ reason })}
      />
      <TextField
        label={suppression.comment}
        value={draft.comment}
        max={COMMENT_MAX}
        onType={(comment) => put({ comment })}
      />
      <TextField
        label={suppression.until}
        type="date"
        value={draft.until}
        hint={suppression.untilHint}
        onType={(until) => put({ until })}
      />
      {isTried ? (
        <>
          <Text role="status" weight="semibold">
            {suppression.wouldHide(dryRun.data.count)}
          </Text>
          <HiddenList of={dryRun.data.value} count={dryRun.data.count} />
        </>
      ) : (
        <Text role="status">{suppression.tryFirst}</Text>
      )}
    </FormDialog>
  )
}
