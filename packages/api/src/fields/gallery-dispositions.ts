import type { Disposition, Dispositions } from './dispositions.ts'

const all = (paths: readonly string[], what: Disposition) =>
  Object.fromEntries(paths.map((path) => [path, what]))

const PUBLISHING = 'properties.publishingProfile'
const REGIONS = `${PUBLISHING}.targetRegions`
const STORAGE = 'properties.storageProfile'

const gallery: Dispositions = {
  ...all(['location', 'tags', 'properties.description'], 'honoured'),
  // Others' access is a matter of roles; what is deleted is gone.
  ...all(['identity', 'properties.sharingProfile', 'properties.softDeletePolicy'], 'refused'),
}

const definition: Dispositions = {
  ...all(['location', 'tags', 'properties.identifier', 'properties.features'], 'honoured'),
  ...all(
    ['osType', 'osState', 'hyperVGeneration', 'architecture', 'allowUpdateImage'].map(
      (member) => `properties.${member}`,
    ),
    'honoured',
  ),
  'properties.purchasePlan': 'refused',
}

/** What a version would be another one without is refused; how Azure stores it has no effect. */
const version: Dispositions = {
  ...all(['location', 'tags', 'properties.securityProfile'], 'honoured'),
  ...all([`${STORAGE}.source`, `${STORAGE}.osDiskImage.source`], 'honoured'),
  ...all([`${PUBLISHING}.excludeFromLatest`, `${PUBLISHING}.endOfLifeDate`], 'honoured'),
  ...all([`${REGIONS}.name`, `${REGIONS}.excludeFromLatest`], 'honoured'),
  'properties.safetyProfile.blockDeletionBeforeEndOfLife': 'honoured',
  ...all([`${REGIONS}.encryption`, `${PUBLISHING}.targetExtendedLocations`], 'refused'),
  ...all([`${STORAGE}.dataDiskImages`, `${STORAGE}.source.communityGalleryImageId`], 'refused'),
  'properties.restore': 'refused',
  [`${STORAGE}.osDiskImage.source.storageAccountId`]: 'notEnforced',
}

/** What becomes of each member of a gallery, a definition and a version; all others are kept and have no effect. */
export const galleryDispositions: Readonly<Record<string, Dispositions>> = {
  Gallery: gallery,
  GalleryImage: definition,
  GalleryImageVersion: version,
}
