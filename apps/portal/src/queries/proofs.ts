import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'

const ASKED_MS = 60_000

/** A quarter of an hour: how many attestations there were, and how old the newest of each VM got, in seconds. */
export interface ProofInterval {
  readonly at: string
  readonly count: number
  readonly average: number | null
  readonly oldest: number | null
}

interface Metric {
  readonly name: { readonly value: string }
  readonly timeseries: readonly {
    readonly data: readonly {
      readonly timeStamp: string
      readonly total?: number
      readonly average?: number
      readonly maximum?: number
    }[]
  }[]
}

/** Of the last day, the oldest first. */
export function useProofs() {
  const { id } = useSubscription()
  const path = `${id}/providers/Microsoft.Insights/metrics`
  return useQuery({
    queryKey: ['list', id, 'metrics'],
    queryFn: async (): Promise<readonly ProofInterval[]> => {
      const { value } = await background.get(`${path}?interval=PT15M`)
      const dataOf = (name: string) =>
        (value as unknown as Metric[]).find((one) => one.name.value === name)?.timeseries[0]?.data
      const ages = dataOf('AttestationAge') ?? []
      return (dataOf('Attestations') ?? []).map(({ timeStamp: at, total = 0 }) => {
        const { average = null, maximum: oldest = null } =
          ages.find(({ timeStamp }) => timeStamp === at) ?? {}
        return { at, count: total, average, oldest }
      })
    },
    refetchInterval: ASKED_MS,
  })
}
