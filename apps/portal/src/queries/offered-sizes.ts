import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { OfferedSize } from '@trusted-launch/api'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

/** What a VM would be beside its size. */
export interface OfferAsked {
  /** An id, or `publisher:offer:sku:version`; empty: none is chosen, and nothing is asked. */
  readonly image: string
  readonly securityType: string
  readonly secureBoot: boolean
}

/** Every size, with what would be answered to a request for it. */
export function useOfferedSizes({ image, securityType, secureBoot }: OfferAsked) {
  const { id } = useSubscription()
  const asked = new URLSearchParams({ image, securityType })
  if (securityType === 'TrustedLaunch') asked.set('secureBootEnabled', String(secureBoot))
  return useQuery({
    queryKey: ['offered-sizes', id, String(asked)],
    queryFn: () =>
      everyOf<OfferedSize>(background, `${id}/providers/TrustedLaunch/offeredSizes?${asked}`),
    enabled: image !== '',
    placeholderData: keepPreviousData,
  })
}
