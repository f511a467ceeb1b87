import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'
import { useList } from './list.ts'

export interface AlertFinding {
  readonly id: string
  readonly component: string
  readonly pcr: number | null
  readonly events: readonly number[]
  readonly advice: string
  /** Not told to who may not read evidence. */
  readonly summary?: string
  readonly expected?: string | null
  readonly actual?: string | null
}

/** An alert, as Microsoft.Security has it. */
export interface Alert {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly alertType: string
    readonly alertDisplayName: string
    readonly description: string
    readonly severity: 'High' | 'Medium' | 'Low' | 'Informational'
    readonly status: 'Active' | 'InProgress' | 'Resolved' | 'Dismissed'
    readonly intent: string
    readonly techniques: readonly string[]
    readonly remediationSteps: readonly string[]
    readonly startTimeUtc: string
    readonly endTimeUtc: string
    readonly compromisedEntity: string
    readonly entities: readonly { readonly resourceId: string }[]
    readonly extendedProperties: Readonly<Record<string, string>>
    readonly supportingEvidence: { readonly findings: readonly AlertFinding[] }
  }
}

export type AlertVerb = 'inProgress' | 'resolve' | 'dismiss' | 'activate'

export function useAlerts() {
  return useList<Alert>('/providers/Microsoft.Security/alerts')
}

export function useAlert(id: string) {
  return useQuery({
    queryKey: ['alert', id.toLowerCase()],
    queryFn: async () => (await background.get(id)) as unknown as Alert,
  })
}

/** A person decides about an alert, and says why. */
export function useAlertVerb(id: string) {
  const known = useQueryClient()
  return useMutation({
    mutationFn: ({ verb, reason }: { verb: AlertVerb; reason: string }) =>
      client.ask('POST', `${id}/${verb}`, { reason }),
    onSuccess: async () => {
      await known.invalidateQueries({ queryKey: ['alert', id.toLowerCase()] })
      await known.invalidateQueries({ queryKey: ['list'] })
    },
  })
}
