import type { Dispositions } from './dispositions.ts'

/** What becomes of each member of a VM; all others are kept and said to have no effect. */
export const vmDispositions: Dispositions = {
  location: 'honoured',
  tags: 'honoured',
  'properties.hardwareProfile.vmSize': 'honoured',
  'properties.storageProfile.imageReference': 'honoured',
  'properties.storageProfile.osDisk.name': 'honoured',
  'properties.storageProfile.osDisk.createOption': 'honoured',
  'properties.storageProfile.osDisk.osType': 'honoured',
  'properties.storageProfile.osDisk.deleteOption': 'honoured',
  'properties.storageProfile.osDisk.managedDisk.id': 'honoured',
  'properties.osProfile.computerName': 'honoured',
  'properties.osProfile.adminUsername': 'honoured',
  'properties.osProfile.adminPassword': 'honoured',
  'properties.osProfile.customData': 'honoured',
  'properties.osProfile.allowExtensionOperations': 'honoured',
  'properties.osProfile.secrets': 'honoured',
  'properties.osProfile.linuxConfiguration.ssh': 'honoured',
  'properties.osProfile.linuxConfiguration.disablePasswordAuthentication': 'honoured',
  'properties.networkProfile.networkInterfaces': 'honoured',
  'properties.securityProfile.securityType': 'honoured',
  'properties.securityProfile.uefiSettings': 'honoured',
  'properties.diagnosticsProfile': 'honoured',
  'properties.storageProfile.dataDisks': 'honoured',
}
