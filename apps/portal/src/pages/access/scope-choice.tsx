import { Choice } from '../../components/choice.tsx'
import { useGroups } from '../../queries/groups.ts'
import { useScopeNames } from '../../queries/scope-names.ts'
import { useSubscription } from '../../session/subscription.tsx'
import { useTexts } from '../../texts/texts.ts'

/** Everything, the subscription, or a group of it. */
export function ScopeChoice(given: { scope: string; choose: (scope: string) => void }) {
  const { access: words } = useTexts().govern
  const { id } = useSubscription()
  const placeOf = useScopeNames()
  const groups = useGroups().data ?? []
  const scopes = ['/', id, ...groups.map((group) => group.id)]
  return (
    <Choice
      label={words.where}
      value={given.scope}
      of={scopes.map((scope) => [scope, placeOf(scope)] as const)}
      onChoose={given.choose}
    />
  )
}
