import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import { useList } from './list.ts'

/** How one resource stands with one recommendation. */
export interface Assessment {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly displayName: string
    readonly resourceDetails: { readonly id: string }
    readonly status: {
      readonly code: 'Healthy' | 'Unhealthy' | 'NotApplicable'
      readonly cause?: string
      readonly description?: string
    }
    readonly additionalData: Readonly<Record<string, string>>
    readonly metadata?: { readonly severity: string; readonly remediationDescription: string }
  }
}

export function useAssessments() {
  return useList<Assessment>('/providers/Microsoft.Security/assessments?$expand=metadata')
}

/** What doing it would mean: asked before it is done. */
export interface FixTold {
  readonly possible: boolean
  readonly why?: string
  readonly effect?: string
  readonly needs?: string
}

export function useFixTold() {
  return useMutation({
    mutationFn: async (id: string) =>
      (await client.ask('POST', `${id}/fix`, { dryRun: true })).body as unknown as FixTold,
  })
}

export function useFix() {
  const known = useQueryClient()
  return useMutation({
    mutationFn: (id: string) => client.ask('POST', `${id}/fix`, {}),
    onSuccess: () => known.invalidateQueries({ queryKey: ['list'] }),
  })
}
