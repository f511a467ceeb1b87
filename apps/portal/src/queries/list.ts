import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

/** Every entry of a list of the subscription, by its path below it. */
export function useList<T>(path: string) {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['list', id, path],
    queryFn: () => everyOf<T>(background, `${id}${path}`),
  })
}
