import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { BootView } from '@trusted-launch/api'
import { background, client } from '../api/client.ts'
import { everyOf } from './every-of.ts'

/** Of the history a page shows the newest; all of it is in the list that the API gives. */
const HISTORY_PAGES = 3

/** A verdict, without what it came from. */
export interface Attestation {
  readonly name: string
  readonly properties: {
    readonly time: string
    readonly tier: BootView['tier']
    readonly findings: readonly string[]
  }
}

const evidenceOf = (id: string) => `${id}/providers/TrustedLaunch/evidence`

/** The verdicts of a VM, the newest first; none while it proved nothing. */
export function useHistory(id: string) {
  return useQuery({
    queryKey: ['machine', id.toLowerCase(), 'history'],
    queryFn: async () => {
      const found: Attestation[] = []
      let next: string | undefined = evidenceOf(id)
      for (let pages = 0; next !== undefined && pages < HISTORY_PAGES; pages++) {
        const page: any = await background.get(next)
        found.push(...page.value)
        next = page.nextLink
      }
      return found as readonly Attestation[]
    },
  })
}

/** The first verdict that failed and that nobody cleared; null: none. */
export function useFailure(id: string) {
  return useQuery({
    queryKey: ['machine', id.toLowerCase(), 'failure'],
    queryFn: async () => {
      const { failure = null } = (await background.get(`${evidenceOf(id)}?$top=1`)) as any
      return failure as { readonly time: string; readonly findings: readonly string[] } | null
    },
  })
}

/** A person lets verdicts count again, and says why. */
export function useClearFailure(id: string) {
  const known = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) =>
      client.ask('POST', `${evidenceOf(id)}/clearFailure`, { reason }),
    onSettled: () => known.invalidateQueries({ queryKey: ['machine', id.toLowerCase()] }),
  })
}

/** What a VM showed of one boot. It never changes. */
export function useBoot(id: string, attestation: string | undefined) {
  return useQuery({
    queryKey: ['boot', id.toLowerCase(), attestation],
    queryFn: async () =>
      (await client.get(`${evidenceOf(id)}/${attestation}/bootView`)) as unknown as BootView,
    enabled: attestation !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The appraisal record, as the file that anybody can verify. */
export function recordOf(id: string, attestation: string): Promise<Uint8Array> {
  return client.getBytes(`${evidenceOf(id)}/${attestation}?format=record`)
}

/** What a VM measured otherwise than it was to. */
export interface Drift {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly status: string
    readonly isPresent: boolean
    readonly isFirstBoot: boolean
    readonly count: number
    readonly leftOut: number
    readonly firstSeen: string
    readonly lastSeen: string
    readonly differences: readonly Difference[]
    readonly modules: readonly string[]
    readonly decision: { readonly by: string; readonly at: string; readonly reason: string } | null
  }
}

export interface Difference {
  readonly component: string
  readonly pcr: number | null
  readonly description?: string
  readonly before: string | null
  readonly after: string | null
  readonly signer: string | null
  /** Which pristine image has what is there now; null: none. */
  readonly known: string | null
}

export function useDrifts(id: string) {
  return useQuery({
    queryKey: ['machine', id.toLowerCase(), 'drift'],
    queryFn: () => everyOf<Drift>(background, `${id}/providers/TrustedLaunch/drift`),
  })
}

export interface DriftDecision {
  readonly drift: string
  readonly verb: 'approve' | 'reject'
  readonly reason: string
  readonly scope?: string
  readonly trustOnFirstUse?: boolean
}

/** A person decides about a drift, and says why. */
export function useDriftDecision(machine: string) {
  const known = useQueryClient()
  return useMutation({
    mutationFn: ({ drift, verb, ...body }: DriftDecision) =>
      client.ask('POST', `${drift}/${verb}`, body),
    onSettled: () => known.invalidateQueries({ queryKey: ['machine', machine.toLowerCase()] }),
  })
}
