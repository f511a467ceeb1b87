import { useQuery } from '@tanstack/react-query'
import type { MachineRow } from '@trusted-launch/api'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

const PAGE = 1_000

/** All VMs of the subscription, each in a line. */
export function useFleet() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['fleet', id],
    queryFn: () =>
      everyOf<MachineRow>(background, `${id}/providers/TrustedLaunch/fleet?$top=${PAGE}`),
  })
}
