import { fitsHost, type HostCapacity, unavailableFor } from './host-capacity.ts'
import { confidentialOf, runsTrustedLaunch } from './security-type.ts'
import { architectureOf, generationsOf, type Size } from './sizes.ts'

const OS_DISK_MB = 1_047_552

export interface Capability {
  readonly name: string
  readonly value: string
}

/** An entry of `Microsoft.Compute/skus`. What the host can't give is there, restricted. */
export function skuView(size: Size, locations: readonly string[], host: HostCapacity): object {
  return {
    resourceType: 'virtualMachines',
    name: size.name,
    tier: size.name.split('_')[0],
    size: shortName(size),
    family: size.family,
    locations,
    locationInfo: locations.map((location) => ({ location, zones: [], zoneDetails: [] })),
    capabilities: capabilitiesOf(size),
    restrictions: isToBeHad(size, host)
      ? []
      : [
          {
            type: 'Location',
            values: locations,
            restrictionInfo: { locations, zones: [] },
            reasonCode: 'NotAvailableForSubscription',
          },
        ],
  }
}

/** Can a VM of this size be made on this host, were it empty? */
export function isToBeHad(size: Size, host: HostCapacity): boolean {
  return unavailableFor(size, host) === null && fitsHost(size, host)
}

/** An entry of `vmSizes`: those lists have no restrictions, so they name only what is to be had. */
export function vmSizeView(size: Size): object {
  return {
    name: size.name,
    numberOfCores: size.vcpus,
    osDiskSizeInMB: OS_DISK_MB,
    resourceDiskSizeInMB: size.tempDiskMib,
    memoryInMB: size.memoryGib * 1024,
    maxDataDiskCount: size.dataDisksMax,
  }
}

/**
 * What Azure says of a size, as pairs of strings. Trusted Launch is told by absence: `TrustedLaunchDisabled` stands
 * only where a generation 2 size lacks it.
 */
export function capabilitiesOf(size: Size): Capability[] {
  const { traits } = size
  const old = traits.has('old')
  const confidential = confidentialOf(size)
  const generation2 = traits.has('gen2')
  return pairs({
    MaxResourceVolumeMB: size.tempDiskMib,
    OSVhdSizeMB: OS_DISK_MB,
    vCPUs: size.vcpus,
    HyperVGenerations: generationsOf(size).join(','),
    DiskControllerTypes: traits.has('nvme') ? 'NVMe' : null,
    MemoryGB: size.memoryGib,
    MaxDataDiskCount: size.dataDisksMax,
    CpuArchitectureType: architectureOf(size),
    LowPriorityCapable: !traits.has('kept'),
    PremiumIO: traits.has('premium'),
    VMDeploymentTypes: old ? 'IaaS,PaaS' : 'IaaS',
    vCPUsAvailable: size.vcpusAvailable,
    ParentSize: size.parent,
    GPUs: size.gpus || null,
    vCPUsPerCore: traits.has('smt') ? 2 : 1,
    NvmeDiskSizeInMiB: size.localNvmeMib || null,
    EphemeralOSDiskSupported: !old && size.tempDiskMib + size.localNvmeMib > 0,
    EncryptionAtHostSupported: !old,
    CapacityReservationSupported: false,
    ConfidentialComputingType: confidential,
    TrustedLaunchDisabled: generation2 && !runsTrustedLaunch(size) ? true : null,
    AcceleratedNetworkingEnabled: !traits.has('plain'),
    RdmaEnabled: traits.has('rdma'),
    MaxNetworkInterfaces: size.nicsMax,
  })
}

function pairs(values: Readonly<Record<string, string | number | boolean | null>>): Capability[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === null) return []
    return [{ name, value: typeof value === 'boolean' ? (value ? 'True' : 'False') : `${value}` }]
  })
}

function shortName({ name }: Size): string {
  return name.slice(name.indexOf('_') + 1)
}
