import type { Disposition, Dispositions } from './dispositions.ts'

const all = (paths: readonly string[], what: Disposition) =>
  Object.fromEntries(paths.map((path) => [path, what]))

const MADE = 'properties.creationData'

const honoured = [
  ...['location', 'tags', 'sku.name', 'properties.diskSizeGB'],
  ...['osType', 'hyperVGeneration', 'securityProfile.securityType'].map((m) => `properties.${m}`),
  ...[
    ...['createOption', 'sourceUri', 'sourceResourceId', 'securityDataUri'],
    'uploadSizeBytes',
  ].map((m) => `${MADE}.${m}`),
]

/** What a disk would be less safe, or hold something else, without: it is not made then. */
const refused = [
  // Encryption that nobody does here.
  ...['encryptionSettingsCollection', 'encryption.diskEncryptionSetId'].map(
    (member) => `properties.${member}`,
  ),
  'properties.securityProfile.secureVMDiskEncryptionSetId',
  // Bytes that are not here.
  ...['imageReference', 'galleryImageReference', 'elasticSanResourceId'].map((m) => `${MADE}.${m}`),
  ...['properties.supportsHibernation', 'extendedLocation'],
]

/** What becomes of each member of a disk; all others are kept and said to have no effect. */
export const diskDispositions: Dispositions = {
  ...all(honoured, 'honoured'),
  ...all(refused, 'refused'),
  // What version of an encryption there is none of.
  'properties.encryptionSettingsCollection.encryptionSettingsVersion': 'notEnforced',
}

/** What is on a snapshot is what is on its source: it alone says where its bytes come from. */
const ofDisksAlone = {
  ...all(
    ['sourceUri', 'securityDataUri'].map((member) => `${MADE}.${member}`),
    'refused',
  ),
  ...all([`${MADE}.uploadSizeBytes`, 'sku.name'], 'notEnforced'),
}

/** What becomes of each member of a snapshot: what becomes of a disk's, but for what only a disk is made by. */
export const snapshotDispositions: Dispositions = {
  ...diskDispositions,
  ...ofDisksAlone,
  'properties.incremental': 'honoured',
}
