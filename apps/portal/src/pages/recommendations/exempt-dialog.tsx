import { Field, Text, Textarea } from '@fluentui/react-components'
import { useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { TextField } from '../../components/text-field.tsx'
import type { Assessment } from '../../queries/assessments.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { groupNameIn, nameIn } from '../../resource-names.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'
import { endOfDay } from '../suppression/draft.ts'

const REASON_MAX = 256
const DAYS = 90
const DAY_MS = 86_400_000
const MACHINE = /Microsoft\.Compute\/virtualMachines\/[^/]+$/i

/** Somebody answers for not following it: why, where, until when. */
export function ExemptDialog({ of, onClose }: { of: Assessment; onClose: () => void }) {
  const texts = useTexts()
  const { exemptions: words } = texts.govern
  const { id: subscription, displayName } = useSubscription()
  const { displayName: title, resourceDetails, additionalData } = of.properties
  const scopes = scopesOf(resourceDetails.id, subscription)
  const [scope, setScope] = useState(scopes[0]![1])
  const [category, setCategory] = useState('waived')
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState(dayIn(DAYS))
  const action = useLongAction()
  const exempt = () =>
    action.mutate(
      {
        method: 'PUT',
        path: `${scope}/providers/TrustedLaunch/exemptions/${crypto.randomUUID()}`,
        body: {
          properties: {
            ...{ recommendation: additionalData.recommendation!, category, reason },
            ...(until !== '' && { expiresOn: endOfDay(until) }),
          },
        },
      },
      { onSuccess: onClose },
    )
  return (
    <FormDialog
      title={words.exempt}
      verb={words.exempt}
      needs={{ action: 'TrustedLaunch/exemptions/write', scope }}
      mayNot={reason.trim() === '' || action.isPending}
      error={action.error}
      onYes={exempt}
      onNo={onClose}
    >
      <Text>{words.ask(title)}</Text>
      <Choice
        label={words.where}
        value={scope}
        of={scopes.map(([kind, id]) => {
          const name = kind === 'subscription' ? displayName : nameIn(id)
          return [id, `${words.kinds[kind]}: ${name}`] as const
        })}
        onChoose={setScope}
      />
      <Choice
        label={words.category}
        value={category}
        of={Object.entries(words.categories)}
        onChoose={setCategory}
      />
      <Field label={texts.security.reason} required>
        <Textarea
          value={reason}
          maxLength={REASON_MAX}
          onChange={(_, { value }) => setReason(value)}
        />
      </Field>
      <TextField
        label={words.until}
        type="date"
        value={until}
        hint={words.untilHint}
        onType={setUntil}
      />
    </FormDialog>
  )
}

type Kind = 'machine' | 'group' | 'subscription'

/** Where it may be exempt: a scale set's instances with their group alone. */
function scopesOf(resource: string, subscription: string): (readonly [Kind, string])[] {
  const own = MACHINE.test(resource) ? [['machine', resource] as const] : []
  const group = `${subscription}/resourceGroups/${groupNameIn(resource)}`
  return [...own, ['group', group], ['subscription', subscription]]
}

/** The local day after so many. */
function dayIn(days: number): string {
  const date = new Date(Date.now() + days * DAY_MS)
  const [month, day] = [date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0'))
  return `${date.getFullYear()}-${month}-${day}`
}
