import { snapshotDispositions } from '@trusted-launch/api'
import { accessOf, isOpen, requireNoAccess } from '../../domain/disk/access.ts'
import {
  SNAPSHOT,
  type SnapshotRules,
  snapshotLinks,
  snapshotPlanner,
} from '../../domain/snapshot/snapshot.ts'
import { textAt } from '../../domain/vm/vm.ts'
import { type ArmType, groupPath } from '../arm-type.ts'
import { toldBy } from '../told-by.ts'

const GIB = 2 ** 30
/** In the words of Azure's restore points: a stopped VM wrote all it had to write. */
export const CONSISTENCY = { stopped: 'ApplicationConsistent', crash: 'CrashConsistent' } as const

/** Snapshots of disks: each whole by itself, and none goes with its disk. */
export const snapshotTypeOf = (rules: SnapshotRules, now: () => number): ArmType => ({
  ...{ type: SNAPSHOT, path: groupPath(SNAPSHOT) },
  models: { PUT: 'Snapshot', PATCH: 'SnapshotUpdate' },
  isAccepted: true,
  plan: snapshotPlanner(rules),
  links: snapshotLinks,
  planDelete: async (snapshot, { at }) => {
    requireNoAccess(snapshot, at)
    return { kind: 'snapshot.delete', input: {}, host: rules.host }
  },
  view: ({ envelope, properties, state, provisioningState, createdAt }) => ({
    ...properties,
    diskState: isOpen(accessOf({ state }), now()) ? 'ActiveSAS' : 'Unattached',
    snapshotAccessState: 'Unknown',
    uniqueId: textAt(state, 'uniqueId'),
    ...(state.consistency !== undefined && {
      consistencyMode: CONSISTENCY[state.consistency as keyof typeof CONSISTENCY],
    }),
    diskSizeBytes: Number(properties.diskSizeGB ?? 0) * GIB,
    ...(properties.incremental === true && {
      incrementalSnapshotFamilyId: textAt(state, 'family'),
    }),
    completionPercent: provisioningState === 'Succeeded' ? 100 : 0,
    timeCreated: new Date(createdAt).toISOString(),
    provisioningState,
    ...toldBy(snapshotDispositions, { envelope, properties }),
  }),
})
