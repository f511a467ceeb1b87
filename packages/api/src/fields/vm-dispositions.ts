import type { Disposition, Dispositions } from './dispositions.ts'

const DISK = 'properties.storageProfile.osDisk'
const DATA = 'properties.storageProfile.dataDisks'
const OS = 'properties.osProfile'

const IMAGE = 'properties.storageProfile.imageReference'

const honoured = [
  ...['location', 'tags', 'properties.hardwareProfile.vmSize', 'properties.diagnosticsProfile'],
  IMAGE,
  ...['name', 'createOption', 'osType', 'diskSizeGB', 'deleteOption', 'managedDisk.id'].map(
    (m) => `${DISK}.${m}`,
  ),
  ...['lun', 'name', 'createOption', 'diskSizeGB', 'deleteOption'].map((m) => `${DATA}.${m}`),
  ...['managedDisk.id', 'toBeDetached'].map((member) => `${DATA}.${member}`),
  ...['computerName', 'adminUsername', 'adminPassword', 'customData'].map((m) => `${OS}.${m}`),
  ...['allowExtensionOperations', 'secrets', 'linuxConfiguration.ssh'].map((m) => `${OS}.${m}`),
  `${OS}.linuxConfiguration.disablePasswordAuthentication`,
  'properties.networkProfile.networkInterfaces',
  'properties.securityProfile.securityType',
  'properties.securityProfile.uefiSettings',
  'properties.trustedLaunch',
  ...['properties.priority', 'properties.evictionPolicy', 'properties.virtualMachineScaleSet.id'],
]

/** What a VM would be less safe, or another machine, without: it is not made then. */
const refused = [
  // Encryption that nobody does here.
  ...[`${DISK}.encryptionSettings`, `${DISK}.managedDisk.diskEncryptionSet`],
  ...[`${DISK}.managedDisk.securityProfile`, `${DATA}.managedDisk.diskEncryptionSet`],
  `${DATA}.managedDisk.securityProfile`,
  ...['encryptionAtHost', 'encryptionIdentity', 'proxyAgentSettings.enabled'].map(
    (member) => `properties.securityProfile.${member}`,
  ),
  ...['hibernationEnabled', 'enableFips1403Encryption', 'ultraSSDEnabled'].map(
    (member) => `properties.additionalCapabilities.${member}`,
  ),
  // Images of galleries, which are not here: another one would be taken for them.
  ...[`${IMAGE}.sharedGalleryImageId`, `${IMAGE}.communityGalleryImageId`],
  // Disks that are none of ours, and places that are not here.
  ...[`${DISK}.vhd`, `${DISK}.image`, `${DATA}.vhd`, `${DATA}.image`, `${DATA}.sourceResource`],
  ...['availabilitySet', 'proximityPlacementGroup', 'host', 'hostGroup'].map(
    (member) => `properties.${member}`,
  ),
  ...['capacityReservation', 'interconnectBlockProfile'].map((member) => `properties.${member}`),
  ...['networkInterfaceConfigurations', 'interconnectGroupProfile'].map(
    (member) => `properties.networkProfile.${member}`,
  ),
  'extendedLocation',
  // Windows' own set-up, with secrets in it.
  ...['additionalUnattendContent', 'winRM'].map((m) => `${OS}.windowsConfiguration.${m}`),
]

/** Within what is honoured. Boot diagnostics are kept here, whatever storage is named for them. */
const notEnforced = ['properties.diagnosticsProfile.bootDiagnostics.storageUri']

const all = (paths: readonly string[], what: Disposition) => paths.map((path) => [path, what])

/** What becomes of each member of a VM; all others are kept and said to have no effect. */
export const vmDispositions: Dispositions = Object.fromEntries([
  ...all(honoured, 'honoured'),
  ...all(refused, 'refused'),
  ...all(notEnforced, 'notEnforced'),
])
