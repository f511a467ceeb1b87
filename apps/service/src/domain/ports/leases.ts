/** A named lease, such as a host's: who holds it drives that host. */
export interface Leases {
  /** @returns the epoch, one more than the last holder's; null: another holds it. */
  acquire(name: string, owner: string, at: number, leaseMs: number): Promise<number | null>
  renew(name: string, owner: string, epoch: number, at: number, leaseMs: number): Promise<boolean>
  release(name: string, owner: string, epoch: number): Promise<void>
  /** In a transaction: it stays so until that ends. @throws {StoreError} `store-cut-off`: not this holder's any more. */
  requireHeld(name: string, owner: string, epoch: number): Promise<void>
  list(): Promise<readonly { name: string; owner: string; epoch: number; until: number }[]>
}
