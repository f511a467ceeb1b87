import { ArmError } from '@trusted-launch/api'
import { diskSkuFault } from '../../catalogue/disk-skus.ts'
import { listIn } from '../links.ts'
import type { JsonObject } from '../store.ts'
import { at, textAt } from './vm.ts'

/** The disks that a VM names are of kinds that are here. @throws {ArmError} */
export function requireDiskSkus(properties: JsonObject): void {
  const [osDisk, dataDisks] = ['osDisk', 'dataDisks'].map((member) =>
    at(properties, 'storageProfile', member),
  )
  for (const [name, disk] of [
    ['osDisk', osDisk] as const,
    ...listIn(dataDisks).map((one) => ['dataDisk', one] as const),
  ]) {
    const sku = textAt(disk, 'managedDisk', 'storageAccountType')
    const fault = diskSkuFault(sku, `${name}.managedDisk.storageAccountType`)
    if (fault !== null) throw new ArmError(fault)
  }
}
