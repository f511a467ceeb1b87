/** What Azure's client libraries know of each enumeration, in their names and Azure's spelling. */
export const enumerations = {
  CachingTypes: ['None', 'ReadOnly', 'ReadWrite'],
  DeleteOptions: ['Delete', 'Detach'],
  DiskCreateOption: [
    ...['Empty', 'Attach', 'FromImage', 'Import', 'Copy', 'Restore', 'Upload', 'CopyStart'],
    ...['ImportSecure', 'UploadPreparedSecure', 'CopyFromSanSnapshot'],
  ],
  DiskCreateOptionTypes: ['FromImage', 'Empty', 'Attach', 'Copy', 'Restore'],
  DiskDeleteOptionTypes: ['Delete', 'Detach'],
  HyperVGeneration: ['V1', 'V2'],
  IPAllocationMethod: ['Static', 'Dynamic'],
  IPVersion: ['IPv4', 'IPv6'],
  OperatingSystemTypes: ['Windows', 'Linux'],
  OrchestrationMode: ['Uniform', 'Flexible'],
  ResourceIdentityType: ['SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'None'],
  UpgradeMode: ['Automatic', 'Manual', 'Rolling'],
  VirtualMachineEvictionPolicyTypes: ['Deallocate', 'Delete'],
  VirtualMachinePriorityTypes: ['Regular', 'Low', 'Spot', 'SpotPlus'],
} as const

type Enumeration = keyof typeof enumerations

const disk = {
  caching: 'CachingTypes',
  createOption: 'DiskCreateOptionTypes',
  deleteOption: 'DiskDeleteOptionTypes',
} as const
const osDisk = { ...disk, osType: 'OperatingSystemTypes' } as const
const spot = {
  priority: 'VirtualMachinePriorityTypes',
  evictionPolicy: 'VirtualMachineEvictionPolicyTypes',
} as const
const identity = { type: 'ResourceIdentityType' } as const
const address = {
  privateIPAllocationMethod: 'IPAllocationMethod',
  privateIPAddressVersion: 'IPVersion',
} as const

/** Type → member → enumeration: the members on which something hangs here. Security types have a rule of their own. */
export const enumerated: Readonly<Record<string, Readonly<Record<string, Enumeration>>>> = {
  CreationData: { createOption: 'DiskCreateOption' },
  DataDisk: disk,
  DataDisksToAttach: { caching: 'CachingTypes', deleteOption: 'DiskDeleteOptionTypes' },
  DiskProperties: { osType: 'OperatingSystemTypes', hyperVGeneration: 'HyperVGeneration' },
  DiskUpdateProperties: { osType: 'OperatingSystemTypes' },
  NetworkInterfaceIPConfigurationPropertiesFormat: address,
  NetworkInterfaceReferenceProperties: { deleteOption: 'DeleteOptions' },
  OSDisk: osDisk,
  UpgradePolicy: { mode: 'UpgradeMode' },
  VirtualMachineIdentity: identity,
  VirtualMachineProperties: spot,
  VirtualMachineScaleSetDataDisk: disk,
  VirtualMachineScaleSetIdentity: identity,
  VirtualMachineScaleSetOSDisk: osDisk,
  VirtualMachineScaleSetProperties: { orchestrationMode: 'OrchestrationMode' },
  VirtualMachineScaleSetUpdateOSDisk: {
    caching: 'CachingTypes',
    deleteOption: 'DiskDeleteOptionTypes',
  },
  VirtualMachineScaleSetVMProfile: spot,
}

/** A member's value in Azure's spelling; undefined: its enumeration has no such value. A member of none is as it is. */
export function spelled(type: string, member: string, value: string): string | undefined {
  const name = Object.hasOwn(enumerated, type) ? enumerated[type]![member] : undefined
  if (name === undefined) return value
  const plain = (one: string) => one.replaceAll(' ', '').toLowerCase()
  return enumerations[name].find((each) => plain(each) === plain(value))
}
