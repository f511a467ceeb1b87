import type { Observed } from '../observation.ts'
import type { Occurrence } from './occurrence.ts'

/** That a running VM gave no evidence by its deadline. */
export function silent({ since, time }: Observed<'silence'>): Occurrence[] {
  const minutes = Math.floor((time - since) / 60_000)
  return [
    {
      type: 'VM_AttestationSilent',
      cause: 'silent',
      severity: 'medium',
      summary: `It runs, and gave no evidence for ${minutes} minutes.`,
      findings: [],
      fields: [],
      evidence: null,
    },
  ]
}
