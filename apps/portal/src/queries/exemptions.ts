import { useList } from './list.ts'

/** That somebody answers for not following a recommendation, at a scope and below. */
export interface Exemption {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly recommendation: string
    readonly assessmentKey: string
    readonly category: string
    readonly reason: string
    readonly by: string
    readonly expiresOn?: string
  }
}

/** Those of the subscription and everything below it. */
export function useExemptions() {
  return useList<Exemption>('/providers/TrustedLaunch/exemptions')
}

interface AssessmentMetadata {
  readonly name: string
  readonly properties: { readonly displayName: string }
}

/** What each recommendation is called, by its key. */
export function useRecommendationTitles(): (key: string) => string {
  const { data = [] } = useList<AssessmentMetadata>(
    '/providers/Microsoft.Security/assessmentMetadata',
  )
  const titles = new Map(data.map(({ name, properties }) => [name, properties.displayName]))
  return (key) => titles.get(key) ?? key
}
