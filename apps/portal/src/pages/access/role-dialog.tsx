import { Field, Textarea } from '@fluentui/react-components'
import { useState } from 'react'
import { FormDialog } from '../../components/form-dialog.tsx'
import { TextField } from '../../components/text-field.tsx'
import { newRolePath, type Permission, type Role } from '../../queries/access.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'

const KINDS = ['actions', 'notActions', 'dataActions', 'notDataActions'] as const
const DESCRIPTION_MAX = 1_024

type Lists = Readonly<Record<(typeof KINDS)[number], string>>

interface Given {
  /** Null: a new one, of the subscription. */
  readonly of: Role | null
  /** It is only shown. */
  readonly isRead?: boolean
  readonly onClose: () => void
}

/** What a role allows; one's own is changed here. */
export function RoleDialog({ of, isRead = false, onClose }: Given) {
  const { access: words } = useTexts().govern
  const { id } = useSubscription()
  const [name, call] = useState(of?.properties.roleName ?? '')
  const [description, describe] = useState(of?.properties.description ?? '')
  const [lists, list] = useState(listsOf(of?.properties.permissions ?? []))
  const action = useLongAction()
  const save = () =>
    action.mutate(
      {
        ...{ method: 'PUT', path: of?.id ?? newRolePath(id) },
        body: {
          properties: {
            ...{ roleName: name, description, permissions: [permissionOf(lists)] },
            assignableScopes: [...(of?.properties.assignableScopes ?? [id])],
          },
        },
      },
      { onSuccess: onClose },
    )
  const mayNot = name.trim() === '' || KINDS.every((kind) => lists[kind].trim() === '')
  return (
    <FormDialog
      title={of === null ? words.newRole : of.properties.roleName}
      {...(!isRead && { verb: words.save })}
      needs={{ action: 'Microsoft.Authorization/roleDefinitions/write', scope: of?.id ?? id }}
      mayNot={mayNot || action.isPending}
      error={action.error}
      onYes={save}
      onNo={onClose}
    >
      {!isRead && (
        <>
          <TextField label={words.name} value={name} required max={128} onType={call} />
          <TextField
            label={words.description}
            value={description}
            max={DESCRIPTION_MAX}
            onType={describe}
          />
        </>
      )}
      {KINDS.map((kind) => (
        <Field key={kind} label={words[kind]} {...(!isRead && { hint: words.oneALine })}>
          <Textarea
            value={lists[kind]}
            readOnly={isRead}
            resize="vertical"
            onChange={(_, { value }) => list({ ...lists, [kind]: value })}
          />
        </Field>
      ))}
    </FormDialog>
  )
}

/** Of a role whose permissions are more than one, all of each kind: what one takes away, another may still give. */
function listsOf(permissions: readonly Permission[]): Lists {
  const of = (kind: keyof Lists) => permissions.flatMap((one) => one[kind] ?? []).join('\n')
  return Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as unknown as Lists
}

function permissionOf(lists: Lists): Record<string, string[]> {
  const linesOf = (text: string) => text.split(/\s+/).filter((line) => line !== '')
  return Object.fromEntries(KINDS.map((kind) => [kind, linesOf(lists[kind])]))
}
