import { AddRegular } from '@fluentui/react-icons'
import { type ReactNode, useMemo, useState } from 'react'
import { Act } from '../../components/act.tsx'
import type { Column } from '../../components/data-table.tsx'
import { ListPage } from '../../components/list-page.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { Row } from '../../components/row.tsx'
import { Failed } from '../../components/states.tsx'
import { type Principal, useNewSecret, usePrincipals } from '../../queries/access.ts'
import { useLongAction } from '../../queries/long-action.ts'
import { useTexts } from '../../texts/texts.ts'
import { PrincipalDialog } from './principal-dialog.tsx'
import { SecretDialog } from './secret-dialog.tsx'

type Deed = 'switch' | 'secret' | 'delete'

/** Who may sign in at this installation. */
export function Principals({ tabs }: { tabs: ReactNode }) {
  const texts = useTexts()
  const { access: words } = texts.govern
  const [isMaking, make] = useState(false)
  const secret = useNewSecret()
  const action = useLongAction()
  const columns = useColumns(({ id, properties }, deed) => {
    if (deed === 'secret') secret.mutate(id)
    if (deed === 'delete') action.mutate({ method: 'DELETE', path: id })
    if (deed !== 'switch') return
    const { kind, signInName, displayName, disabled } = properties
    const body = { properties: { kind, signInName, displayName, disabled: !disabled } }
    action.mutate({ method: 'PUT', path: id, body })
  })
  const error = action.error ?? secret.error
  return (
    <>
      <ListPage
        title={texts.pages.access}
        list={usePrincipals()}
        columns={columns}
        idOf={({ id }) => id}
        textOf={({ name, properties }) =>
          `${properties.displayName} ${properties.signInName} ${name}`
        }
        empty={words.noPrincipals}
        actions={
          <>
            {tabs}
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: 'TrustedLaunch/principals/write', scope: '/' }}
              onClick={() => make(true)}
            >
              {words.newPrincipal}
            </MayButton>
            {error !== null && <Failed error={error} />}
          </>
        }
      />
      {isMaking && <PrincipalDialog onClose={() => make(false)} />}
      {secret.isSuccess && <SecretDialog of={secret.data} onClose={secret.reset} />}
    </>
  )
}

function useColumns(act: (who: Principal, deed: Deed) => void): readonly Column<Principal>[] {
  const { govern, administration, machine } = useTexts()
  return useMemo(() => {
    const { access: words } = govern
    return [
      {
        ...{ id: 'name', title: words.displayName, width: 12 },
        value: ({ properties }) => properties.displayName,
      },
      {
        ...{ id: 'signInName', title: words.signInName },
        value: ({ properties }) => properties.signInName,
      },
      {
        ...{ id: 'kind', title: words.kind, width: 8 },
        value: ({ properties }) => words.kinds[properties.kind]!,
      },
      {
        ...{ id: 'state', title: words.state, width: 8 },
        value: ({ properties }) => (properties.disabled ? words.disabled : words.active),
      },
      {
        ...{ id: 'acts', title: administration.action, width: 24, value: () => '' },
        cell: (one) => {
          const { displayName, signInName, kind, disabled } = one.properties
          return (
            <Row>
              <Act
                size="small"
                verb={disabled ? words.enable : words.disable}
                needs={{ action: 'TrustedLaunch/principals/write', scope: one.id }}
                {...(!disabled && { question: words.disableAsk(displayName) })}
                onYes={() => act(one, 'switch')}
              />
              {kind === 'service' && (
                <Act
                  size="small"
                  verb={words.newSecret}
                  needs={{ action: 'TrustedLaunch/principals/newSecret/action', scope: one.id }}
                  question={words.newSecretAsk(displayName)}
                  onYes={() => act(one, 'secret')}
                />
              )}
              <Act
                size="small"
                verb={machine.delete}
                needs={{ action: 'TrustedLaunch/principals/delete', scope: one.id }}
                question={words.deletePrincipal(displayName)}
                name={signInName}
                onYes={() => act(one, 'delete')}
              />
            </Row>
          )
        },
      },
    ]
  }, [govern, administration, machine, act])
}
