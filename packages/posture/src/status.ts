/**
 * How something stands that a recommendation is about. `NotApplicable` says why nobody judges it, and is never
 * a quiet pass: what could be judged and is not known has that as its cause.
 */
export type Status =
  | { readonly code: 'Healthy' }
  | {
      readonly code: 'Unhealthy' | 'NotApplicable'
      /** Stable: `no-windows-agent`. */
      readonly cause: string
      /** One sentence or two, for people. */
      readonly description: string
    }

export const HEALTHY: Status = Object.freeze({ code: 'Healthy' })

export function unhealthy(cause: string, description: string): Status {
  return { code: 'Unhealthy', cause, description }
}

export function notApplicable(cause: string, description: string): Status {
  return { code: 'NotApplicable', cause, description }
}
