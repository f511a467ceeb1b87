import { useQuery } from '@tanstack/react-query'
import { client } from '../api/client.ts'

export interface Status {
  readonly code: string
  readonly level: 'Info' | 'Warning' | 'Error'
  readonly displayStatus: string
  readonly message?: string
  readonly time?: string
}

/** A disk as the VM that has it names it. */
export interface AttachedDisk {
  readonly name: string
  /** Of a data disk. */
  readonly lun?: number
  readonly diskSizeGB?: number
  readonly caching?: string
  readonly deleteOption?: string
  readonly osType?: 'Linux' | 'Windows'
  readonly managedDisk?: { readonly id: string }
}

/** A virtual machine as the API shows it; members that pages read are named, the rest is kept. */
export interface Machine {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties: {
    readonly vmId: string
    readonly provisioningState: string
    readonly timeCreated: string
    readonly hardwareProfile: { readonly vmSize: string }
    readonly securityProfile?: {
      readonly securityType?: string
      readonly uefiSettings?: {
        readonly secureBootEnabled?: boolean
        readonly vTpmEnabled?: boolean
      }
    }
    readonly storageProfile?: {
      readonly imageReference?: Readonly<Record<string, string>>
      readonly osDisk?: AttachedDisk
      readonly dataDisks?: readonly AttachedDisk[]
    }
    readonly networkProfile?: {
      readonly networkInterfaces?: readonly { readonly id: string }[]
    }
    readonly virtualMachineScaleSet?: { readonly id: string }
    readonly instanceView?: { readonly statuses?: readonly Status[] }
  }
}

/** One VM, with what is so now. */
export function useMachine(id: string) {
  return useQuery({
    queryKey: ['machine', id.toLowerCase()],
    queryFn: async () => (await client.get(`${id}?$expand=instanceView`)) as unknown as Machine,
  })
}

/** `running`, `deallocated` …; empty: not known yet. */
export function powerIn(statuses: readonly Status[] = []): string {
  return statuses.find(({ code }) => code.startsWith('PowerState/'))?.code.split('/')[1] ?? ''
}

export function powerOf({ properties }: Machine): string {
  return powerIn(properties.instanceView?.statuses)
}

const INTEGRITY = 'TrustedLaunch/Integrity/'

/** What the verifier said of the boot that is on record; null: nothing until now. */
export function tierIn(statuses: readonly Status[] = []): string | null {
  const code = statuses.find((one) => one.code.startsWith(INTEGRITY))?.code
  return code?.slice(INTEGRITY.length) ?? null
}
