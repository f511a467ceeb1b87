import type { Permission } from '@trusted-launch/api'

/** Who asks, once it is proved. Made by `identity/` only. */
export interface Caller {
  /** A GUID: what role assignments name. */
  readonly objectId: string
  /** Client id of a service principal, sign-in name of a user. */
  readonly name: string
  readonly kind: 'user' | 'service'
  readonly tenantId: string
  /** Somebody of an issuer elsewhere: the installation's own list does not know them. */
  readonly isForeign?: boolean
}

/** Whether somebody may do something there: only `denied` may say that there is such a place. */
export type Access = 'granted' | 'denied' | 'invisible'

/** What decides about rights. `action` is like `Microsoft.Compute/virtualMachines/write`; `scope` an id. */
export interface Authorizer {
  access(caller: Caller, action: string, scope: string): Promise<Access>
  /** What a caller who sees a scope may do there. */
  permissionsAt(caller: Caller, scope: string): Promise<readonly Permission[]>
}
