import { alertKindOf } from '../alert-kinds.ts'
import type { Occurrence } from './occurrence.ts'

/** That a running VM has no vTPM any more. */
export function vtpmLost(): Occurrence[] {
  const type = 'VM_VtpmLost'
  return [
    {
      type,
      cause: 'lost',
      severity: alertKindOf(type).severity,
      summary: 'Its vTPM went away while it ran: it stands still.',
      findings: [],
      fields: [],
      evidence: null,
    },
  ]
}
