import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { everyOf } from './every-of.ts'
import { useList } from './list.ts'
import type { Status } from './machine.ts'

/** A set of virtual machines that are made from one model. */
export interface ScaleSet {
  readonly id: string
  readonly name: string
  readonly location: string
  readonly sku?: { readonly name?: string; readonly capacity?: number }
  readonly properties: {
    readonly provisioningState: string
    readonly orchestrationMode?: string
    readonly timeCreated: string
    readonly upgradePolicy?: { readonly mode?: string }
    readonly virtualMachineProfile?: {
      readonly securityProfile?: { readonly securityType?: string }
      readonly storageProfile?: { readonly imageReference?: Readonly<Record<string, string>> }
    }
  }
}

export interface Instance {
  readonly id: string
  readonly name: string
  readonly instanceId: string
  readonly properties: {
    readonly provisioningState: string
    readonly latestModelApplied: boolean
    /** Of a Flexible set: the virtual machine that it is. */
    readonly virtualMachineResourceId?: string
    readonly instanceView?: { readonly statuses?: readonly Status[] }
  }
}

export function useScaleSets() {
  return useList<ScaleSet>('/providers/Microsoft.Compute/virtualMachineScaleSets')
}

export function useScaleSet(id: string) {
  return useQuery({
    queryKey: ['resource', id.toLowerCase()],
    queryFn: async () => (await background.get(id)) as unknown as ScaleSet,
  })
}

const WATCHED_MS = 5_000

/** Asked again while the page is open: of an instance the service tells its own id, not the set's. */
export function useInstances(set: string) {
  return useQuery({
    queryKey: ['list', set.toLowerCase(), 'instances'],
    queryFn: () => everyOf<Instance>(background, `${set}/virtualMachines?$expand=instanceView`),
    refetchInterval: WATCHED_MS,
  })
}
