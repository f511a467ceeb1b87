import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { background, client } from '../api/client.ts'
import { useList } from './list.ts'

export type Document = Readonly<Record<string, unknown>>

/** A document that is changed as a whole: a plan, or a policy. */
export interface Kept {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly document: Document
    readonly builtIn?: boolean
    /** Absent of a built-in one, which has one version. */
    readonly version?: number
    readonly changedBy?: string
    readonly changedOn?: string
  }
}

/** A version of one. Null: with this it was deleted. */
export interface KeptVersion {
  readonly id: string
  readonly properties: {
    readonly document: Document | null
    readonly version: number
    readonly changedBy: string
    readonly changedOn: string
  }
}

const PLAN = '/providers/TrustedLaunch/monitoringPlans'

/** The plans of the subscription and everything below it. */
export function usePlans() {
  return useList<Kept>(PLAN)
}

export function usePolicies() {
  return useList<Kept>('/providers/TrustedLaunch/policies')
}

/** The id of the one plan of a scope. */
export function planOf(scope: string): string {
  return `${scope}${PLAN}/default`
}

/** What a plan or policy stands at. */
export function scopeIn(id: string): string {
  return id.slice(0, id.lastIndexOf('/providers/'))
}

export function useVersions(id: string, isThere: boolean) {
  return useQuery({
    queryKey: ['list', id.toLowerCase(), 'versions'],
    queryFn: async () =>
      (await background.get(`${id}/versions`)).value as unknown as readonly KeptVersion[],
    enabled: isThere,
  })
}

interface ToldFinding {
  readonly id: string
  readonly component: string
}

interface Consequence {
  readonly type: string
  readonly cause: string
  readonly severity: string
  readonly response: string
}

/** What something tried would change, as it is counted and, for the first thousand VMs, told. */
export interface WhatIf {
  readonly judged: number
  readonly changed: number
  readonly worse: number
  readonly better: number
  readonly withoutEvidence: number
  readonly notJudged: number
  readonly value: readonly {
    readonly vm: string
    readonly tier: { readonly before: string; readonly after: string }
    readonly found: readonly ToldFinding[]
    readonly gone: readonly ToldFinding[]
    readonly consequences: {
      readonly before: readonly Consequence[]
      readonly after: readonly Consequence[]
    }
  }[]
}

/** What is tried, at a scope. */
export interface Tried {
  readonly scope: string
  readonly kind: 'plan' | 'policy'
  readonly document: Document
}

/** Tries a plan or policy on the last evidence of each VM; nothing is changed. `percent`: how far it is. */
export function useWhatIf() {
  const [percent, tell] = useState(0)
  const asked = useMutation({
    mutationFn: async ({ scope, kind, document }: Tried) => {
      tell(0)
      const { operationUrl, resultUrl } = await client.ask(
        'POST',
        `${scope}/providers/TrustedLaunch/whatIf`,
        { properties: { [kind]: document as never } },
      )
      await background.wait(operationUrl!, (progress) => tell(progress.percent))
      return (await background.get(resultUrl!)) as unknown as WhatIf
    },
  })
  return { ...asked, percent }
}
