import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { ArmReply, ArmRequest } from './route.ts'

const PAGE_DEFAULT = 100
const PAGE_MAX = 1000
const SKIP_TOKEN = /^[\x20-\x7e]{1,2048}$/
/** Of one request: after so many rows that nobody looked for, the next page goes on. */
const READS_MAX = 10
/** As many as one request reads, of a list whose entries are short. */
export const PAGE_OF_SHORT_MAX = READS_MAX * PAGE_MAX

/** Those after a key, in the order of their keys. */
export type List<T> = (after: string | null, limit: number) => Promise<readonly T[]>

/**
 * One page of a list, and where the next begins: at what follows the last one seen, so that what comes and
 * goes meanwhile makes none appear twice or be left out. `$top` says how many, at most `max`. With `keep`, only those: a
 * page may then hold fewer than there are, even none, and the next goes on.
 */
export async function pageOf<T extends { readonly id: string }>(
  request: ArmRequest,
  list: List<T>,
  view: (one: T) => unknown,
  keep?: (one: T) => boolean,
  max = PAGE_MAX,
): Promise<ArmReply> {
  const { after, limit } = placeIn(request, max)
  const { page, next } = await gathered(list, after, limit, keep)
  const value = await Promise.all(page.map(view))
  return { status: 200, body: { value, ...(next !== null && { nextLink: linkTo(request, next) }) } }
}

/** @throws {ArmError} `InvalidParameter` */
function placeIn({ query: { $top, $skiptoken } }: ArmRequest, max: number) {
  const limit = $top === undefined ? PAGE_DEFAULT : Number($top)
  if ($top?.trim() === '' || !Number.isInteger(limit) || limit < 1 || limit > max)
    throw new ArmError(faults.invalidParameter('$top'))
  if ($skiptoken !== undefined && !SKIP_TOKEN.test($skiptoken))
    throw new ArmError(faults.invalidParameter('$skipToken'))
  return { after: $skiptoken === undefined ? null : keyOf($skiptoken), limit }
}

/** `next`: the key of the last one that was looked at; null: there are no more. */
async function gathered<T extends { readonly id: string }>(
  list: List<T>,
  after: string | null,
  limit: number,
  keep?: (one: T) => boolean,
): Promise<{ page: readonly T[]; next: string | null }> {
  const atOnce = keep === undefined && limit < PAGE_MAX ? limit + 1 : PAGE_MAX
  const page: T[] = []
  let at = after
  for (let reads = 0; reads < READS_MAX; reads++) {
    const rows = await list(at, atOnce)
    for (const row of rows) {
      if (page.length === limit) return { page, next: at }
      if (keep === undefined || keep(row)) page.push(row)
      at = keyOf(row.id)
    }
    if (rows.length < atOnce) return { page, next: null }
  }
  return { page, next: at }
}

/** Several lists as one. */
export function together<T extends { readonly id: string }>(lists: readonly List<T>[]): List<T> {
  return async (after, limit) => {
    const pages = await Promise.all(lists.map((list) => list(after, limit)))
    return pages.flat().sort(byKey).slice(0, limit)
  }
}

/** As databases sort: by bytes. */
function byKey(a: { readonly id: string }, b: { readonly id: string }): number {
  return Buffer.compare(Buffer.from(keyOf(a.id)), Buffer.from(keyOf(b.id)))
}

/** What is all there at once, as a list. */
export function listOfAll<T extends { readonly id: string }>(all: readonly T[]): List<T> {
  const sorted = [...all].sort(byKey)
  return async (after, limit) =>
    sorted.filter(({ id }) => after === null || keyOf(id) > after).slice(0, limit)
}

function linkTo({ base, id, query, apiVersion }: ArmRequest, last: string): string {
  const { $skiptoken: _, 'api-version': __, ...rest } = query
  const parameters = new URLSearchParams({
    'api-version': apiVersion,
    ...rest,
    $skiptoken: last,
  })
  return `${base}${encodeURI(id)}?${parameters}`
}
