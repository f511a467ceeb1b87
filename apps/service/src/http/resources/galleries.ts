import { definitionPlanner } from '../../domain/gallery/definition.ts'
import {
  DEFINITION,
  GALLERY,
  galleryPlanner,
  requireEmpty,
  uniqueNameOf,
  VERSION,
} from '../../domain/gallery/gallery.ts'
import {
  requireVersionUnused,
  type VersionRules,
  versionLinks,
  versionPlanner,
} from '../../domain/gallery/version.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'
import { at } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import type { ArmRequest } from '../route.ts'

/** Azure Compute Gallery: galleries, the definitions in them, and their versions. */
export function galleryTypes(rules: VersionRules): readonly ArmType[] {
  return [galleryType(rules), definitionType(rules), versionType(rules)]
}

const galleryType = (rules: VersionRules): ArmType => ({
  ...{
    type: GALLERY,
    path: groupPath(GALLERY),
    models: { PUT: 'Gallery', PATCH: 'GalleryUpdate' },
  },
  plan: galleryPlanner(rules),
  planDelete: async (gallery, { tables }) => {
    await requireEmpty(tables, gallery, DEFINITION)
    return null
  },
  view: (gallery) => ({
    ...gallery.properties,
    identifier: { uniqueName: uniqueNameOf(gallery) },
    provisioningState: gallery.provisioningState,
  }),
})

const definitionType = (rules: VersionRules): ArmType => ({
  ...{ type: DEFINITION, path: groupPath(DEFINITION), isChild: true, isPlaced: true },
  models: { PUT: 'GalleryImage', PATCH: 'GalleryImageUpdate' },
  plan: definitionPlanner(rules),
  planDelete: async (definition, { tables }) => {
    await requireEmpty(tables, definition, VERSION)
    return null
  },
  view: ({ properties, provisioningState }) => ({ ...properties, provisioningState }),
})

const versionType = (rules: VersionRules): ArmType => ({
  ...{ type: VERSION, path: groupPath(VERSION), isChild: true, isPlaced: true },
  models: { PUT: 'GalleryImageVersion', PATCH: 'GalleryImageVersionUpdate' },
  plan: versionPlanner(rules),
  links: versionLinks,
  planDelete: async (version, { tables, at: now }) => {
    await requireVersionUnused(tables, version, now)
    return { kind: 'galleryVersion.delete', input: {}, host: rules.host }
  },
  view: versionView,
})

/** Its replication is told on asking, as Azure does. */
function versionView(version: Resource, { query }: ArmRequest): JsonObject {
  const { properties, provisioningState, createdAt } = version
  const isAsked = /^replicationstatus$/i.test(query.$expand ?? '')
  const publishedDate = new Date(createdAt).toISOString()
  const safety = at(properties, 'safetyProfile') as JsonObject | undefined
  return {
    ...properties,
    publishingProfile: { ...(properties.publishingProfile as JsonObject), publishedDate },
    safetyProfile: { reportedForPolicyViolation: false, ...safety },
    provisioningState,
    ...(isAsked && { replicationStatus: replicationOf(version) }),
  }
}

/** There is one region: what is made is there. */
function replicationOf({ location, provisioningState }: Resource): JsonObject {
  const isDone = provisioningState === 'Succeeded'
  const summary = {
    region: location ?? '',
    state: isDone ? 'Completed' : 'Replicating',
    details: '',
    progress: isDone ? 100 : 0,
  }
  return { aggregatedState: isDone ? 'Completed' : 'InProgress', summary: [summary] }
}
