import { useQueries } from '@tanstack/react-query'
import { type Permission, permits } from '@trusted-launch/api'
import { background } from '../api/client.ts'
import { everyOf } from './every-of.ts'

const STALE_MS = 60_000
/** Of many resources with rights of their own, so many are asked about one by one. */
const ASKED_MAX = 50

/**
 * Whether who is signed in may do something at a scope, or at one of several. Until that is known, and where it cannot be,
 * they may: the service decides in any case. What holds above holds below, so that mostly the subscription is asked alone.
 */
export function useMay(action: string, ...scopes: readonly string[]): boolean {
  const levels = scopes.map(levelsOf)
  const known = useKnown(action, levels)
  const isDenied = (of: readonly string[]) => of.every((scope) => known.get(scope) === false)
  return scopes.length === 0 || !levels.every(isDenied)
}

/** The same, but null while it is asked: what tries by itself waits until it is told. */
export function useMayYet(action: string, scope: string): boolean | null {
  const levels = levelsOf(scope)
  const known = useKnown(action, [levels])
  const each = levels.map((level) => known.get(level))
  if (each.includes(true)) return true
  return each.includes(null) ? null : !each.every((is) => is === false)
}

/** Whether it is known that they may: what asks for more by itself asks for nothing that is refused. */
export function useIsGranted(action: string, scope: string): boolean {
  return [...useKnown(action, [levelsOf(scope)]).values()].includes(true)
}

/** What is known of each level of some scopes, null: it is asked; an inner one where its outer ones grant nothing. */
function useKnown(
  action: string,
  levels: readonly (readonly string[])[],
): ReadonlyMap<string, boolean | null> {
  const at = (depth: number, above: ReadonlyMap<string, boolean | null>) =>
    levels.filter((of) => above.get(of[depth - 1]!) === false).flatMap((of) => of[depth] ?? [])
  const outer = useGrants(
    action,
    levels.map(([first]) => first!),
  )
  const middle = useGrants(action, at(1, outer))
  const inner = useGrants(action, at(2, middle))
  return new Map([...outer, ...middle, ...inner])
}

/** Which scopes grant it; null: that is asked; not there: it cannot be known. */
function useGrants(action: string, scopes: readonly string[]): ReadonlyMap<string, boolean | null> {
  const each = [...new Set(scopes)].slice(0, ASKED_MAX)
  const answers = useQueries({
    queries: each.map((scope) => ({
      queryKey: ['permissions', scope],
      queryFn: () => everyOf<Permission>(background, pathOf(scope)),
      staleTime: STALE_MS,
    })),
  })
  return new Map(
    answers.flatMap(({ data, isError }, i) => {
      const isGranted = data === undefined ? null : data.some((one) => permits(one, action))
      return isError && data === undefined ? [] : [[each[i]!, isGranted] as const]
    }),
  )
}

/** From the outermost scope that a role can be given at, to the resource itself; in lower case. */
function levelsOf(scope: string): readonly string[] {
  const id = scope.toLowerCase()
  const [subscription] = /^\/subscriptions\/[^/]+/.exec(id) ?? []
  if (subscription === undefined) return ['/']
  const [group] = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+/.exec(id) ?? []
  return [...new Set([subscription, group ?? id, id])]
}

function pathOf(scope: string): string {
  return `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/permissions`
}
