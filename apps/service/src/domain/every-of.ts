import { keyOf } from '@trusted-launch/api'
import type { Resource, ResourceQuery, Tables } from './store.ts'

const PAGE = 1_000

/** All resources that a query names, however many, in the order of their keys; read page by page. */
export async function* everyOf(
  { resources }: Pick<Tables, 'resources'>,
  query: Omit<ResourceQuery, 'after' | 'limit'>,
): AsyncGenerator<Resource> {
  for (let after = {}; ; ) {
    const page = await resources.list({ ...query, ...after, limit: PAGE })
    yield* page
    if (page.length < PAGE) return
    after = { after: keyOf(page.at(-1)!.id) }
  }
}
