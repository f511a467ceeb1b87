import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { ArmReply, ArmRequest } from './route.ts'

const PAGE_DEFAULT = 100
const PAGE_MAX = 1000

/**
 * One page of a list, and where the next begins: at what follows the last one seen, so that what comes and
 * goes meanwhile makes none appear twice or be left out. `$top` says how many.
 */
export async function pageOf<T extends { readonly id: string }>(
  request: ArmRequest,
  list: (after: string | null, limit: number) => Promise<readonly T[]>,
  view: (one: T) => unknown,
): Promise<ArmReply> {
  const { $top, $skiptoken } = request.query
  const limit = $top === undefined ? PAGE_DEFAULT : Number($top)
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX)
    throw new ArmError(faults.invalidParameter('$top'))
  const found = await list($skiptoken ?? null, limit + 1)
  const page = found.slice(0, limit)
  const value = await Promise.all(page.map(view))
  const next = found.length > limit ? { nextLink: nextLink(request, page.at(-1)!.id) } : {}
  return { status: 200, body: { value, ...next } }
}

function nextLink({ base, id, query, apiVersion }: ArmRequest, last: string): string {
  const { $skiptoken: _, 'api-version': __, ...rest } = query
  const parameters = new URLSearchParams({
    'api-version': apiVersion,
    ...rest,
    $skiptoken: keyOf(last),
  })
  return `${base}${id}?${parameters}`
}
