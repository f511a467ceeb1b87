import { useMutation, useQuery } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { useList } from './list.ts'

export type Condition =
  | { readonly field: string; readonly in: readonly string[] }
  | { readonly field: string; readonly contains: string }

/** What a suppression rule says, as Microsoft.Security has it. */
export interface RuleProperties {
  readonly alertType: string
  readonly reason: string
  readonly state: 'Enabled' | 'Disabled' | 'Expired'
  readonly expirationDateUtc?: string
  readonly comment?: string
  readonly suppressionAlertsScope?: { readonly allOf: readonly Condition[] }
}

export interface SuppressionRule {
  readonly id: string
  readonly name: string
  readonly properties: RuleProperties & { readonly lastModifiedUtc: string }
}

/** An alert that a rule hides, or would. */
export interface HiddenAlert {
  readonly id: string
  readonly alertType: string
  readonly cause: string
  readonly vm: string
}

const RULES = '/providers/Microsoft.Security/alertsSuppressionRules'

export function useSuppressionRules() {
  return useList<SuppressionRule>(RULES)
}

/** The path of the rule of a name. */
export function useRulePath(): (name: string) => string {
  const { id } = useSubscription()
  return (name) => `${id}${RULES}/${encodeURIComponent(name)}`
}

export interface DryRun {
  readonly count: number
  /** The first thousand. */
  readonly value: readonly HiddenAlert[]
}

/** Which alerts that are there a rule would hide: nothing is made. */
export function useDryRun() {
  const pathOf = useRulePath()
  return useMutation({
    mutationFn: async ({ name, properties }: { name: string; properties: RuleProperties }) => {
      const { body } = await client.ask('POST', `${pathOf(name)}/dryRun`, {
        properties: properties as never,
      })
      return body as unknown as DryRun
    },
  })
}

/** What a rule kept from being told, the last first. */
export function useHidden(name: string) {
  const pathOf = useRulePath()
  return useQuery({
    queryKey: ['list', 'hidden', name],
    queryFn: async () => {
      const { value } = await background.get(`${pathOf(name)}/hidden`)
      const hidden = value as unknown as (HiddenAlert & { sequence: number; time: string })[]
      return hidden.sort((a, b) => b.sequence - a.sequence)
    },
  })
}
