import { keyOf } from '@trusted-launch/api'
import type { Connection } from './connection.ts'
import { everything } from './everything.ts'
import { VM } from './new-vm.ts'

export const DISK = 'Microsoft.Compute/disks'

/** A VM that has a disk. */
export interface Holder {
  readonly id: string
  readonly name: string
  /** Null: it is the VM's own disk. */
  readonly lun: number | null
}

/** Which VM has which disk, by the disks' ids. @see keyOf */
export async function diskHolders({
  client,
  subscription,
}: Connection): Promise<Map<string, Holder>> {
  const holders = new Map<string, Holder>()
  for (const vm of await everything(client.list(`${subscription}/providers/${VM}`))) {
    const { id, name, properties } = vm as any
    const { osDisk, dataDisks = [] } = properties.storageProfile ?? {}
    for (const disk of [osDisk, ...dataDisks]) {
      const key = disk?.managedDisk?.id
      if (typeof key === 'string') holders.set(keyOf(key), { id, name, lun: disk.lun ?? null })
    }
  }
  return holders
}
