/** A size, as a new VM of one image and security type would find it here. */
export interface OfferedSize {
  /** `Standard_D2s_v5` */
  readonly name: string
  readonly vcpus: number
  readonly memoryGib: number
  readonly dataDisksMax: number
  readonly gpus: number
  /** What a VM of this size would be; null: it would be refused. */
  readonly securityType: 'TrustedLaunch' | 'Standard' | null
  /** What would be answered to a request for such a VM; null: it is to be had. */
  readonly refusal: { readonly code: string; readonly message: string } | null
  /** What would be told of the VM beside: of its drivers, or that it is not Trusted Launch. */
  readonly notices: readonly { readonly code: string; readonly message: string }[]
}
