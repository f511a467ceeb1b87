import type { Observed } from '../observation.ts'
import type { Occurrence } from './occurrence.ts'

/** That Secure Boot kept a VM from starting, by the component that it refused. */
export function bootStopped({ component, detail }: Observed<'boot-stopped'>): Occurrence[] {
  return [
    {
      type: 'VM_SecureBootStoppedBoot',
      cause: component,
      severity: 'medium',
      summary: `Secure Boot refused ${component}: ${detail}`,
      findings: [],
      fields: [{ name: 'component', value: component, source: 'host' }],
      evidence: null,
    },
  ]
}
