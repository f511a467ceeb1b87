import { useQuery } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import { everyOf } from './every-of.ts'

export interface Subscription {
  readonly id: string
  readonly subscriptionId: string
  readonly displayName: string
}

/** Those that the person may see. */
export function useSubscriptions() {
  return useQuery({
    queryKey: ['subscriptions'],
    queryFn: () => everyOf<Subscription>(client, '/subscriptions'),
    staleTime: Infinity,
  })
}
