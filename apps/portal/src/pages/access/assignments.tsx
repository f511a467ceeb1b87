import { AddRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { Act } from '../../components/act.tsx'
import type { Column } from '../../components/data-table.tsx'
import { ListPage } from '../../components/list-page.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Failed } from '../../components/states.tsx'
import {
  type RoleAssignment,
  roleKey,
  scopeOfAssignment,
  useRoleAssignments,
  useRoles,
} from '../../queries/access.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useNames } from '../../queries/names.ts'
import { useScopeNames } from '../../queries/scope-names.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'
import { GiveDialog } from './give-dialog.tsx'
import { ScopeChoice } from './scope-choice.tsx'

interface Row {
  readonly id: string
  readonly principalId: string
  readonly who: string
  readonly kind: string
  readonly role: string
  readonly where: string
}

/** Who has which role at a scope: given there, above it, or below. */
export function Assignments({ tabs, asked }: { tabs: ReactNode; asked: string | undefined }) {
  const texts = useTexts()
  const { access: words } = texts.govern
  const { id } = useSubscription()
  const navigate = useNavigate()
  const scope = asked ?? id
  const assignments = useRoleAssignments(scope)
  const [isGiving, give] = useState(false)
  const action = useLongAction()
  const rows = useRows(assignments.data, scope)
  return (
    <>
      <ListPage
        title={texts.pages.access}
        list={{ ...assignments, data: rows } as never}
        columns={useColumns((id) => action.mutate({ method: 'DELETE', path: id }))}
        idOf={({ id }) => id}
        textOf={({ who, role, where, principalId }) => `${who} ${role} ${where} ${principalId}`}
        empty={words.none}
        actions={
          <>
            {tabs}
            <ScopeChoice
              scope={scope}
              choose={(next) =>
                navigate({ to: '.', search: { scope: next } as never, replace: true })
              }
            />
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: 'Microsoft.Authorization/roleAssignments/write', scope }}
              onClick={() => give(true)}
            >
              {words.give}
            </MayButton>
            {action.isError && <Failed error={action.error} />}
          </>
        }
      />
      {isGiving && <GiveDialog scope={scope} onClose={() => give(false)} />}
    </>
  )
}

function useRows(
  assignments: readonly RoleAssignment[] | undefined,
  scope: string,
): readonly Row[] | undefined {
  const { access: words } = useTexts().govern
  const roles = useRoles(scope).data
  const placeOf = useScopeNames()
  const nameOf = useNames(assignments?.map(({ properties }) => properties.principalId) ?? [])
  const names = new Map(roles?.map(({ id, properties }) => [roleKey(id), properties.roleName]))
  return assignments?.map((one) => {
    const { principalId, principalType = '', roleDefinitionId } = one.properties
    return {
      ...{ id: one.id, principalId, who: nameOf(principalId) },
      kind: words.kinds[principalType] ?? principalType,
      role: names.get(roleKey(roleDefinitionId)) ?? roleKey(roleDefinitionId),
      where: placeOf(scopeOfAssignment(one)),
    }
  })
}

function useColumns(remove: (id: string) => void): readonly Column<Row>[] {
  const { govern, administration } = useTexts()
  return useMemo(() => {
    const { access: words } = govern
    return [
      {
        ...{ id: 'who', title: words.who, value: ({ who }) => who },
        cell: ({ who, principalId }) => <span title={principalId}>{who}</span>,
      },
      { id: 'kind', title: words.kind, width: 8, value: ({ kind }) => kind },
      { id: 'role', title: words.role, width: 14, value: ({ role }) => role },
      { id: 'where', title: words.where, width: 12, value: ({ where }) => where },
      {
        ...{ id: 'remove', title: administration.action, width: 8, value: () => '' },
        cell: ({ id, role, who, where }) => (
          <Act
            size="small"
            verb={words.remove}
            needs={{ action: 'Microsoft.Authorization/roleAssignments/delete', scope: id }}
            question={words.removeAsk(role, who, where)}
            onYes={() => remove(id)}
          />
        ),
      },
    ]
  }, [govern, administration, remove])
}
