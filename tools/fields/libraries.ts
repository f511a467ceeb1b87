import { type Model, readModels } from './read-models.ts'

/** A client library, where its models are declared, and the types that are sent by themselves. */
export interface Library {
  readonly name: string
  readonly folder: string
  readonly files: readonly string[]
  readonly roots: readonly string[]
}

export const libraries: readonly Library[] = [
  {
    name: 'compute',
    folder: 'node_modules/@azure/arm-compute/dist/esm/models',
    files: [
      'models',
      'common/models',
      'compute/models',
      'computeDisk/models',
      'computeGallery/models',
    ],
    roots: [
      'VirtualMachine',
      'VirtualMachineUpdate',
      'VirtualMachineExtension',
      'VirtualMachineExtensionUpdate',
      'VirtualMachineReimageParameters',
      'AttachDetachDataDisksRequest',
      'RunCommandInput',
      'VirtualMachineScaleSet',
      'VirtualMachineScaleSetUpdate',
      'VirtualMachineScaleSetVM',
      'VirtualMachineScaleSetVMInstanceIDs',
      'VirtualMachineScaleSetVMInstanceRequiredIDs',
      'VirtualMachineScaleSetReimageParameters',
      'VirtualMachineScaleSetExtension',
      'VirtualMachineScaleSetExtensionUpdate',
      'Disk',
      'DiskUpdate',
      'Snapshot',
      'SnapshotUpdate',
      'GrantAccessData',
      'RestorePointCollection',
      'RestorePointCollectionUpdate',
      'RestorePoint',
      'Image',
      'ImageUpdate',
      'Gallery',
      'GalleryUpdate',
      'GalleryImage',
      'GalleryImageUpdate',
      'GalleryImageVersion',
      'GalleryImageVersionUpdate',
    ],
  },
  {
    name: 'network',
    folder: 'node_modules/@azure/arm-network/dist/esm/models',
    files: ['models', 'common/models', 'network/models'],
    roots: [
      'VirtualNetwork',
      'Subnet',
      'NetworkInterface',
      'NetworkSecurityGroup',
      'PublicIPAddress',
      'LoadBalancer',
      'TagsObject',
    ],
  },
]

export function modelsOf(
  { folder, files }: Library,
  read: (path: string) => string,
): ReadonlyMap<string, Model> {
  return readModels(files.map((file) => read(`${folder}/${file}.d.ts`)).join('\n'))
}
