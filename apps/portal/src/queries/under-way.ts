import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import type { Operation } from './administration.ts'
import { everyOf } from './every-of.ts'

const WATCHED_MS = 2_000

/** What is being done with a resource now; it is the service's, so that it is there after a reload. */
export function useUnderWay(resource: string) {
  const { id } = useSubscription()
  const path = `${id}/providers/TrustedLaunch/operations?unfinished=true`
  const wanted = resource.toLowerCase()
  const ofIt = (all: readonly Operation[]) =>
    all.filter(({ resourceId }) => resourceId.toLowerCase() === wanted)
  return useQuery({
    queryKey: ['operations', id, 'unfinished'],
    queryFn: () => everyOf<Operation>(background, path),
    select: ofIt,
    // Its steps are told by nobody; that it began and ended, the service tells by itself.
    refetchInterval: ({ state }) => (ofIt(state.data ?? []).length > 0 ? WATCHED_MS : false),
  })
}
