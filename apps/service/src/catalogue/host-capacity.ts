import { type Fault, faults } from '@trusted-launch/api'
import { architectureOf, type Size } from './sizes.ts'

/** What a host, or the largest of several, can give to one VM. */
export interface HostCapacity {
  readonly vcpus: number
  readonly memoryGib: number
  readonly architecture: 'x64' | 'Arm64'
  /** Why no Windows guest runs there; null: it does. */
  readonly noWindows: string | null
}

/** How many vCPUs of VMs share a processor at most: what OpenStack allows by default (`cpu_allocation_ratio`). */
const VCPUS_PER_PROCESSOR = 16

/** How many vCPUs the VMs that run may have in all: a start that would make it more is refused. */
export function vcpusMax({ vcpus }: Pick<HostCapacity, 'vcpus'>): number {
  return vcpus * VCPUS_PER_PROCESSOR
}

/** Why this host never runs a size, however empty it is; null: it may. */
export function unavailableFor(size: Size, host: HostCapacity): string | null {
  if (architectureOf(size) !== host.architecture)
    return `it needs ${architectureOf(size)}, the host is ${host.architecture}`
  if (size.gpus > 0) return 'it needs a GPU (or FPGA)'
  if (size.traits.has('rdma')) return 'it needs InfiniBand'
  if (size.traits.has('snp') || size.traits.has('tdx')) return 'it needs encrypted memory'
  return null
}

/** Is it in the host at all? What is taken by others is not asked here. */
export function fitsHost(size: Size, host: HostCapacity): boolean {
  return size.vcpusAvailable <= host.vcpus && size.memoryGib <= host.memoryGib
}

/** Why a VM of this size can't be made (or resized to) on this host, or null. */
export function sizeFault(size: Size, host: HostCapacity, location: string): Fault | null {
  const why = unavailableFor(size, host)
  if (why !== null) return skuNotAvailable(size, location, why)
  if (fitsHost(size, host)) return null
  return allocationFailed(
    `size ${size.name} needs ${size.vcpusAvailable} vCPUs and ${size.memoryGib} GiB, a host here has ${host.vcpus} and ${Math.floor(host.memoryGib * 10) / 10}`,
  )
}

function skuNotAvailable({ name }: Size, location: string, why: string): Fault {
  return {
    status: 409,
    code: 'SkuNotAvailable',
    message: `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${name}' is currently not available in location '${location}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details. Here, ${why}.`,
    target: 'hardwareProfile.vmSize',
  }
}

/** Why no VM of a system is made on this host, or null. */
export function systemFault(
  osType: 'Linux' | 'Windows',
  { noWindows }: HostCapacity,
): Fault | null {
  if (osType === 'Linux' || noWindows === null) return null
  return faults.operationNotAllowed(
    `Windows is not run by this host: ${noWindows}.`,
    'storageProfile.imageReference',
  )
}

/** No room, now or at all. @param why what there is and what was asked for, in words. */
export function allocationFailed(why: string): Fault {
  return {
    status: 409,
    code: 'AllocationFailed',
    message: `Allocation failed. We do not have sufficient capacity for the requested VM size in this region: ${why}. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance`,
    target: 'hardwareProfile.vmSize',
  }
}

const NAMED_MAX = 50

/** The size is none of Azure's. @param valid those that are to be had here. */
export function unknownSize(name: string, valid: readonly Size[]): Fault {
  const names = valid.slice(0, NAMED_MAX).map((size) => size.name)
  const list = `${names.join(',')}${valid.length > NAMED_MAX ? ', …' : ''}`
  return {
    status: 400,
    code: 'InvalidParameter',
    message: `The value ${name.slice(0, 100)} provided for the VM size is not valid. The valid sizes in the current region are: ${list}.`,
    target: 'vmSize',
  }
}

/** More data disks than the size takes; null: they fit. */
export function dataDisksFault(size: Size, count: number): Fault | null {
  if (count <= size.dataDisksMax) return null
  return faults.operationNotAllowed(
    `The maximum number of data disks allowed to be attached to a VM of this size is ${size.dataDisksMax}.`,
    'dataDisks',
  )
}
