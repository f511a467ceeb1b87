import { useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { TextField } from '../../components/text-field.tsx'
import { newAssignmentPath, usePrincipals, useRoles } from '../../queries/access.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useTexts } from '../../texts/texts.ts'
import { ScopeChoice } from './scope-choice.tsx'

/** Somebody gets a role at a scope, and everywhere below it. */
export function GiveDialog({ scope: first, onClose }: { scope: string; onClose: () => void }) {
  const { access: words } = useTexts().govern
  const [scope, setScope] = useState(first)
  const [who, choose] = useState('')
  const [role, take] = useState('')
  const principals = usePrincipals()
  const roles = useRoles(scope).data ?? []
  const action = useLongAction()
  const found = principals.data?.find(({ name }) => name === who)
  const principalType = found?.properties.kind === 'user' ? 'User' : 'ServicePrincipal'
  const give = () =>
    action.mutate(
      {
        ...{ method: 'PUT', path: newAssignmentPath(scope) },
        body: {
          properties: {
            ...{ principalId: who, roleDefinitionId: role },
            ...(found !== undefined && { principalType }),
          },
        },
      },
      { onSuccess: onClose },
    )
  return (
    <FormDialog
      title={words.give}
      verb={words.give}
      needs={{ action: 'Microsoft.Authorization/roleAssignments/write', scope }}
      mayNot={who === '' || role === '' || action.isPending}
      error={action.error}
      onYes={give}
      onNo={onClose}
    >
      {principals.data === undefined ? (
        <TextField
          label={words.objectId}
          value={who}
          hint={words.objectIdHint}
          required
          onType={(id) => choose(id.trim())}
        />
      ) : (
        <Choice
          label={words.who}
          value={who}
          of={[
            ['', ''],
            ...principals.data.map(({ name, properties }) => {
              const { displayName, signInName } = properties
              return [name, `${displayName} (${signInName})`] as const
            }),
          ]}
          onChoose={choose}
        />
      )}
      <Choice
        label={words.role}
        value={role}
        of={[['', ''], ...roles.map(({ id, properties }) => [id, properties.roleName] as const)]}
        onChoose={take}
      />
      <ScopeChoice scope={scope} choose={setScope} />
    </FormDialog>
  )
}
