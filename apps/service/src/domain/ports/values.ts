/** Small sealed or plain values of the installation: issuer keys (sealed by who puts them), clients' state. */
export interface Values {
  get(name: string): Promise<Uint8Array | null>
  /** `expiresAt`: forgotten after it. */
  put(name: string, value: Uint8Array, expiresAt?: number): Promise<void>
  /** @returns whether it was put: not when there is one. */
  putNew(name: string, value: Uint8Array): Promise<boolean>
  /** @returns whether there was one of that name: where there is none, none is made. */
  replace(name: string, value: Uint8Array, expiresAt: number): Promise<boolean>
  delete(name: string): Promise<boolean>
  forget(expiredBefore: number): Promise<number>
}
