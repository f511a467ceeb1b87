import { Button } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { type ReactNode, useMemo, useState } from 'react'
import { Act } from '../../components/act.tsx'
import type { Column } from '../../components/data-table.tsx'
import { ListPage } from '../../components/list-page.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { type Role, useRoles } from '../../queries/access.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'
import { RoleDialog } from './role-dialog.tsx'

const ROLES = 'Microsoft.Authorization/roleDefinitions'

/** What roles may be given in the subscription, and what each allows. */
export function Roles({ tabs }: { tabs: ReactNode }) {
  const texts = useTexts()
  const { access: words } = texts.govern
  const { id } = useSubscription()
  const [opened, open] = useState<Opened | null>(null)
  const action = useLongAction()
  return (
    <>
      <ListPage
        title={texts.pages.access}
        list={useRoles(id)}
        columns={useColumns(open, (id) => action.mutate({ method: 'DELETE', path: id }))}
        idOf={({ id }) => id}
        textOf={({ properties }) => `${properties.roleName} ${properties.description ?? ''}`}
        empty={words.noRoles}
        actions={
          <>
            {tabs}
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: `${ROLES}/write`, scope: id }}
              onClick={() => open({ of: null })}
            >
              {words.newRole}
            </MayButton>
            {action.isError && <Failed error={action.error} />}
          </>
        }
      />
      {opened !== null && <RoleDialog {...opened} onClose={() => open(null)} />}
    </>
  )
}

type Opened = Omit<Parameters<typeof RoleDialog>[0], 'onClose'>

function useColumns(
  open: (opened: Opened) => void,
  remove: (id: string) => void,
): readonly Column<Role>[] {
  const { govern, administration, machine } = useTexts()
  return useMemo(() => {
    const { access: words } = govern
    return [
      {
        ...{ id: 'name', title: words.role, width: 16 },
        value: ({ properties }) => properties.roleName,
      },
      {
        ...{ id: 'kind', title: words.kind, width: 8 },
        value: ({ properties: { type } }) => words.roleKinds[type] ?? type,
      },
      {
        ...{ id: 'description', title: words.description },
        value: ({ properties }) => properties.description ?? '',
        cell: ({ properties }) => (
          <span title={properties.description}>{properties.description}</span>
        ),
      },
      {
        ...{ id: 'acts', title: administration.action, width: 19, value: () => '' },
        cell: (role) => (
          <Row>
            <Button size="small" onClick={() => open({ of: role, isRead: true })}>
              {words.show}
            </Button>
            {role.properties.type === 'CustomRole' && (
              <>
                <Act
                  size="small"
                  verb={words.editRole}
                  needs={{ action: `${ROLES}/write`, scope: role.id }}
                  onYes={() => open({ of: role })}
                />
                <Act
                  size="small"
                  verb={machine.delete}
                  needs={{ action: `${ROLES}/delete`, scope: role.id }}
                  question={words.deleteRole(role.properties.roleName)}
                  onYes={() => remove(role.id)}
                />
              </>
            )}
          </Row>
        ),
      },
    ]
  }, [govern, administration, machine, open, remove])
}
