import { useList } from './list.ts'

/** A managed disk. */
export interface Disk {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly managedBy?: string
  readonly properties: {
    readonly diskSizeGB?: number
    readonly osType?: string
    readonly hyperVGeneration?: string
    readonly diskState: 'Attached' | 'Unattached'
    readonly provisioningState: string
    readonly timeCreated: string
    readonly securityProfile?: { readonly securityType?: string }
  }
}

export function useDisks() {
  return useList<Disk>('/providers/Microsoft.Compute/disks')
}
