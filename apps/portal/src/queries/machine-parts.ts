import { useQueries, useQuery } from '@tanstack/react-query'
import { background, client } from '../api/client.ts'
import { everyOf } from './every-of.ts'
import type { Status } from './machine.ts'

/** An extension of a VM, and how it did. */
export interface Extension {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly publisher: string
    readonly type: string
    readonly typeHandlerVersion?: string
    readonly provisioningState: string
    readonly instanceView?: { readonly statuses?: readonly Status[] }
  }
}

export function useExtensions(machine: string) {
  return useQuery({
    queryKey: ['list', machine.toLowerCase(), 'extensions'],
    queryFn: () => everyOf<Extension>(background, `${machine}/extensions?$expand=instanceView`),
  })
}

/** What a database of a variable store has. */
export interface FirmwareDatabase {
  readonly certificates?: readonly {
    readonly sha256: string
    readonly subject?: string
    readonly notAfter?: string
    readonly microsoftAuthority: string | null
    readonly unreadable?: string
  }[]
  readonly sha256Count?: number
  /** Why nothing of it can be told. */
  readonly unreadable?: string
}

/** What a VM's variable store has now. */
export interface Firmware {
  readonly secureBootEnforced: boolean
  readonly secureBootOffReason?: string
  readonly signatures: Readonly<Record<'PK' | 'KEK' | 'db' | 'dbx', FirmwareDatabase>>
  readonly machineOwnerKeys: Readonly<Record<string, FirmwareDatabase>>
  readonly sbatLevel: { readonly date?: string | null; readonly unreadable?: string } | null
}

export function useFirmware(machine: string) {
  return useQuery({
    queryKey: ['machine', machine.toLowerCase(), 'firmware'],
    queryFn: async () => {
      const found = await background.get(`${machine}/providers/TrustedLaunch/firmwareKeys/current`)
      return (found as unknown as { properties: Firmware }).properties
    },
  })
}

interface Named {
  readonly id: string
}

export interface NetworkInterface {
  readonly id: string
  readonly name: string
  readonly properties: {
    readonly macAddress?: string
    readonly networkSecurityGroup?: Named
    readonly ipConfigurations: readonly {
      readonly name: string
      readonly properties: {
        readonly privateIPAddress?: string
        readonly subnet?: Named
        readonly publicIPAddress?: Named
      }
    }[]
  }
}

export function useNetworkInterfaces(ids: readonly string[]) {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['resource', id.toLowerCase()],
      queryFn: async () => (await background.get(id)) as unknown as NetworkInterface,
    })),
  })
}

/** What a VM wrote to its console: the bytes, and an address of all of it that is good for some minutes. */
export interface SerialLog {
  readonly bytes: Uint8Array
  readonly address: string
}

export function useSerialLog(machine: string) {
  return useQuery({
    queryKey: ['serial', machine.toLowerCase()],
    queryFn: async (): Promise<SerialLog> => {
      const { body } = await client.ask('POST', `${machine}/retrieveBootDiagnosticsData`)
      const { pathname, search } = new URL(body!.serialConsoleLogBlobUri as string)
      const address = pathname + search
      return { bytes: new Uint8Array(await client.getBytes(address)), address }
    },
  })
}
