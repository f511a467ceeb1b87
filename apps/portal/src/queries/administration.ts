import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

const WATCHED_MS = 2_000
/** Of the audit a page shows the newest; all of it is `tl audit`'s. */
const AUDIT_PAGES = 5

export interface AuditEvent {
  readonly eventDataId: string
  readonly caller: string
  readonly eventTimestamp: string
  readonly resourceId: string
  readonly operationName: { readonly value: string }
  readonly status: { readonly value: string }
  readonly subStatus: { readonly value: string }
  readonly httpRequest: { readonly clientIpAddress: string }
}

/** `of`: the id of the resource whose events are wanted; absent: all. */
export function useAudit(of = '') {
  const { id } = useSubscription()
  const filter = encodeURIComponent(`resourceUri eq '${of.replaceAll("'", "''")}'`)
  const values = `${id}/providers/Microsoft.Insights/eventtypes/management/values`
  const first = of === '' ? values : `${values}?$filter=${filter}`
  return useQuery({
    queryKey: ['list', id, 'audit', of.toLowerCase()],
    queryFn: async () => {
      const found: AuditEvent[] = []
      let next: string | undefined = first
      for (let pages = 0; next !== undefined && pages < AUDIT_PAGES; pages++) {
        const page: any = await background.get(next)
        found.push(...page.value)
        next = page.nextLink
      }
      return found as readonly AuditEvent[]
    },
  })
}

export interface Operation {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly resourceId: string
  readonly status: string
  readonly startTime: string
  readonly endTime?: string
  readonly percentComplete: number
  readonly properties?: { readonly step?: string }
  readonly error?: { readonly code: string; readonly message: string }
}

/** Asked again and again while the page is open: it survives a reload, since nothing of it is the page's. */
export function useOperations() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['operations', id],
    queryFn: () => everyOf<Operation>(background, `${id}/providers/TrustedLaunch/operations`),
    refetchInterval: WATCHED_MS,
  })
}

export function useCancel() {
  const { id } = useSubscription()
  const known = useQueryClient()
  return useMutation({
    mutationFn: (name: string) =>
      client.ask('POST', `${id}/providers/TrustedLaunch/operations/${name}/cancel`),
    onSettled: () => known.invalidateQueries({ queryKey: ['operations'] }),
  })
}

export interface Host {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly vcpus: number
    readonly memoryGib: number
    readonly architecture: string
    readonly drained: boolean
    readonly virtualMachines: number
    readonly running: number
  }
}

export function useHosts() {
  return useQuery({
    queryKey: ['hosts'],
    queryFn: () => everyOf<Host>(background, '/providers/TrustedLaunch/hosts'),
  })
}

export function useDrain() {
  const known = useQueryClient()
  return useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: 'drain' | 'resume' }) =>
      client.ask('POST', `${id}/${verb}`),
    onSettled: () => known.invalidateQueries({ queryKey: ['hosts'] }),
  })
}
