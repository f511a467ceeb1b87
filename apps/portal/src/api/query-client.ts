import { QueryClient } from '@tanstack/react-query'
import { ArmError } from '@trusted-launch/api'

const STALE_MS = 15_000

/** What was asked is kept for a while; what was refused is not asked again by itself. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        !(error instanceof ArmError && error.fault.status < 500) && count < 2,
    },
  },
})
