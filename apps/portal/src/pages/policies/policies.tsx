import { AddRegular } from '@fluentui/react-icons'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { Choice } from '../../components/choice.tsx'
import type { Column } from '../../components/data-table.tsx'
import { FormDialog } from '../../components/form-dialog.tsx'
import { Go } from '../../components/go.tsx'
import { ListPage } from '../../components/list-page.tsx'
import { MayButton } from '../../components/may-button.tsx'
import { TextField } from '../../components/text-field.tsx'
import { Time } from '../../components/time.tsx'
import { paths } from '../../paths.ts'
import { useNames } from '../../queries/names.ts'
import { type Kept, usePolicies } from '../../queries/plans.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'

const NAME = /^[a-z0-9][a-z0-9.-]{0,127}$/

/** What machines must be, by the name that plans know it by. */
export function Policies({ tabs }: { tabs: ReactNode }) {
  const { id: subscription } = useSubscription()
  const texts = useTexts()
  const { plans: words } = texts.govern
  const policies = usePolicies()
  const nameOf = useNames(policies.data?.map(({ properties }) => properties.changedBy) ?? [])
  const [isMaking, make] = useState(false)
  return (
    <>
      <ListPage
        title={texts.pages.policies}
        list={policies}
        columns={useColumns(nameOf)}
        idOf={({ id }) => id}
        textOf={({ name }) => name}
        empty={words.none}
        actions={
          <>
            {tabs}
            <MayButton
              appearance="primary"
              icon={<AddRegular />}
              needs={{ action: 'TrustedLaunch/policies/write', scope: subscription }}
              onClick={() => make(true)}
            >
              {words.newPolicy}
            </MayButton>
          </>
        }
      />
      {isMaking && <NewPolicy known={policies.data ?? []} onClose={() => make(false)} />}
    </>
  )
}

function useColumns(nameOf: (id: string) => string): readonly Column<Kept>[] {
  const { plans: words, access } = useTexts().govern
  return useMemo(
    () => [
      {
        ...{ id: 'name', title: words.policy, value: ({ name }) => name },
        cell: ({ id, name }) => <Go to={paths.policy(id)}>{name}</Go>,
      },
      {
        ...{ id: 'kind', title: access.kind, width: 9 },
        value: ({ properties }) =>
          access.roleKinds[properties.builtIn === true ? 'BuiltInRole' : 'CustomRole']!,
      },
      {
        ...{ id: 'version', title: words.version, width: 6 },
        value: ({ properties }) => properties.version ?? 1,
      },
      {
        ...{ id: 'changed', title: words.changed, width: 13 },
        value: ({ properties }) => properties.changedOn ?? '',
        cell: ({ properties: { changedOn: at } }) => at !== undefined && <Time at={at} />,
      },
      {
        ...{ id: 'by', title: words.changedBy, width: 11 },
        value: ({ properties }) => nameOf(properties.changedBy ?? ''),
      },
    ],
    [words, access, nameOf],
  )
}

/** What it is called, and which one it begins with; its page goes on from there. */
function NewPolicy({ known, onClose }: { known: readonly Kept[]; onClose: () => void }) {
  const { plans: words } = useTexts().govern
  const { id } = useSubscription()
  const navigate = useNavigate()
  const [name, call] = useState('')
  const [from, begin] = useState(known[0]?.name ?? '')
  const isFree = NAME.test(name) && !known.some((one) => one.name === name)
  const path = paths.policy(`${id}/providers/TrustedLaunch/policies/${name}`)
  return (
    <FormDialog
      title={words.newPolicy}
      verb={words.go}
      mayNot={!isFree}
      onYes={() => navigate({ to: path, search: { from } as never })}
      onNo={onClose}
    >
      <TextField
        label={words.policyName}
        value={name}
        required
        max={128}
        hint={words.nameHint}
        onType={call}
      />
      <Choice
        label={words.copyFrom}
        value={from}
        of={known.map((one) => [one.name, one.name] as const)}
        onChoose={begin}
      />
    </FormDialog>
  )
}
