import { ArmError, faults } from '@trusted-launch/api'
import { everyOf } from './every-of.ts'
import type { Resource, Tables } from './store.ts'

export const LOCK = 'Microsoft.Authorization/locks'

/** Refuses what a lock at the resource or above it forbids. @throws {ArmError} `ScopeLocked` */
export async function requireUnlocked(
  tables: Tables,
  id: string,
  deed: 'write' | 'delete',
): Promise<void> {
  for (const scope of [...scopesAbove(id), id]) {
    for await (const lock of everyOf(tables, { type: LOCK, parentId: scope }))
      if (forbids(lock, deed)) throw new ArmError(faults.scopeLocked(id, scope))
  }
}

/** Refuses to delete a group that holds something locked. @throws {ArmError} `ScopeLocked` */
export async function requireNoLockWithin(
  tables: Tables,
  { id, subscriptionId, resourceGroup }: Resource,
): Promise<void> {
  const within = { type: LOCK, subscriptionId, resourceGroup: resourceGroup! }
  for await (const lock of everyOf(tables, within))
    if (forbids(lock, 'delete')) throw new ArmError(faults.scopeLocked(id, lock.parentId!))
}

function forbids({ properties: { level } }: Resource, deed: 'write' | 'delete'): boolean {
  return level === 'ReadOnly' || (deed === 'delete' && level === 'CanNotDelete')
}

/** The subscription, the group and the resources that an id lies in, from the outside in. */
export function scopesAbove(id: string): string[] {
  const parts = id.split('/')
  const ends = parts.flatMap((part, i) =>
    i > 1 &&
    i < parts.length - 1 &&
    i % 2 === 0 &&
    part !== '' &&
    parts[i - 1]!.toLowerCase() !== 'providers'
      ? [i]
      : [],
  )
  return ends.map((end) => parts.slice(0, end + 1).join('/'))
}
