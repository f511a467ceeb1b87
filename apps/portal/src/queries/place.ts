import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'
import { useList } from './list.ts'

interface Named {
  readonly id: string
  readonly name: string
}

/** What the one location of the installation is called. */
export async function locationOf(subscription: string): Promise<string> {
  const [location] = await everyOf<Named>(background, `${subscription}/locations`)
  return location!.name
}

export function useLocation() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['location', id],
    queryFn: () => locationOf(id),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

export function useGroups() {
  return useList<Named>('/resourceGroups')
}

export interface Network extends Named {
  readonly properties: {
    readonly subnets?: readonly (Named & {
      readonly properties: { readonly addressPrefix?: string }
    })[]
  }
}

export function useNetworks() {
  return useList<Network>('/providers/Microsoft.Network/virtualNetworks')
}

export function useSecurityGroups() {
  return useList<Named>('/providers/Microsoft.Network/networkSecurityGroups')
}
