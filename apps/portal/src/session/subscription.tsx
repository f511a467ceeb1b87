import { createContext, useContext } from 'react'
import type { Subscription } from '../queries/subscriptions.ts'

export const SubscriptionContext = createContext<Subscription | null>(null)

/** The one whose resources the pages show. */
export function useSubscription(): Subscription {
  return useContext(SubscriptionContext)!
}
