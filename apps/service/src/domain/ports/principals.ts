/** Who may sign in at the built-in issuer. */
export interface Principal {
  /** Object id, a GUID. */
  readonly id: string
  /** Client id of a service principal; sign-in name of a user. */
  readonly signInName: string
  readonly kind: 'user' | 'service'
  readonly displayName: string
  /** scrypt, encoded; null: cannot sign in here. */
  readonly secretHash: string | null
  readonly disabled: boolean
  readonly createdAt: number
}

export interface Principals {
  get(id: string): Promise<Principal | null>
  bySignInName(name: string): Promise<Principal | null>
  /** By id: those after one. `limit`: at most 1,000. */
  list(query: { after?: string; limit: number }): Promise<readonly Principal[]>
  put(principal: Principal): Promise<void>
  delete(id: string): Promise<boolean>
}
