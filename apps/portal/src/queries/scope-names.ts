import { nameIn } from '../resource-names.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useTexts } from '../texts/texts.ts'

/** How people call a scope: everything, the subscription by its name, a group or resource by its own. */
export function useScopeNames(): (scope: string) => string {
  const { id, displayName } = useSubscription()
  const { everything } = useTexts().govern.access
  return (scope) => {
    if (scope === '/' || scope === '') return everything
    return scope.toLowerCase() === id.toLowerCase() ? displayName : nameIn(scope)
  }
}
