import { ArmError, faults } from '@trusted-launch/api'
import type { Tables } from './store.ts'

export const LOCK = 'Microsoft.Authorization/locks'

/** Refuses what a lock at the resource or above it forbids. @throws {ArmError} `ScopeLocked` */
export async function requireUnlocked(
  tables: Tables,
  id: string,
  deed: 'write' | 'delete',
): Promise<void> {
  for (const scope of [...scopesAbove(id), id]) {
    const locks = await tables.resources.list({ type: LOCK, parentId: scope, limit: 100 })
    const holding = locks.find(
      ({ properties: { level } }) =>
        level === 'ReadOnly' || (deed === 'delete' && level === 'CanNotDelete'),
    )
    if (holding !== undefined) throw new ArmError(faults.scopeLocked(id, scope))
  }
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
