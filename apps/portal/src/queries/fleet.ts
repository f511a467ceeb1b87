import { type QueryClient, useQuery } from '@tanstack/react-query'
import { keyOf, type MachineRow } from '@trusted-launch/api'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

/** As many as the service gives at once: a list of lines is short. */
const PAGE = 10_000
/** Of more that changed, all are asked for. */
const NAMED_MAX = 50

const keyIn = (subscription: string) => ['fleet', subscription]
const pathIn = (subscription: string) => `${subscription}/providers/TrustedLaunch/fleet`

/** All VMs of the subscription, each in a line. */
export function useFleet() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: keyIn(id),
    queryFn: () => everyOf<MachineRow>(background, `${pathIn(id)}?$top=${PAGE}`),
  })
}

/** Brings the lines of some VMs up to date, where somebody looks at the list: one that is gone goes, a new one comes. */
export async function refreshLines(
  known: QueryClient,
  subscription: string,
  ids: readonly string[],
): Promise<void> {
  const queryKey = keyIn(subscription)
  const query = known.getQueryCache().find<readonly MachineRow[]>({ queryKey })
  if (query?.isActive() !== true || ids.length > NAMED_MAX)
    return known.invalidateQueries({ queryKey })
  try {
    // What was asked for before may be from before.
    await query.promise
    const named = ids.map(encodeURIComponent).join()
    const found = await everyOf<MachineRow>(background, `${pathIn(subscription)}?ids=${named}`)
    known.setQueryData<readonly MachineRow[]>(queryKey, (rows) => merged(rows ?? [], ids, found))
  } catch {
    await known.invalidateQueries({ queryKey })
  }
}

/** In the order in which the service has them. */
function merged(
  rows: readonly MachineRow[],
  ids: readonly string[],
  found: readonly MachineRow[],
): readonly MachineRow[] {
  const asked = new Set(ids.map(keyOf))
  const now = new Map(found.map((row) => [keyOf(row.id), row]))
  const kept = rows.flatMap((row) => {
    const key = keyOf(row.id)
    if (!asked.has(key)) return [row]
    const one = now.get(key)
    now.delete(key)
    return one === undefined ? [] : [one]
  })
  if (now.size === 0) return kept
  return [...kept, ...now.values()].sort((a, b) => (keyOf(a.id) < keyOf(b.id) ? -1 : 1))
}
