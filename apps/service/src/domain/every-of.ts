import { keyOf } from '@trusted-launch/api'
import type { Resource, ResourceQuery, Tables } from './store.ts'

const PAGE = 1_000
/** Who looks for those that name something mostly wants to know whether there is one. */
const FEW = 20

/** All resources that a query names, however many, in the order of their keys; read page by page. */
export async function* everyOf(
  { resources }: Pick<Tables, 'resources'>,
  query: Omit<ResourceQuery, 'after' | 'limit'>,
): AsyncGenerator<Resource> {
  let limit = query.naming === undefined ? PAGE : FEW
  for (let after = {}; ; limit = PAGE) {
    const page = await resources.list({ ...query, ...after, limit })
    yield* page
    if (page.length < limit) return
    after = { after: keyOf(page.at(-1)!.id) }
  }
}

/** All that lies in a scope, parts of resources too, in the order of their keys; read page by page. */
export async function* everyBelow(
  { resources }: Pick<Tables, 'resources'>,
  scope: string,
): AsyncGenerator<Resource> {
  for (let after: string | undefined; ; ) {
    const page = await resources.below(scope, PAGE, after)
    yield* page
    if (page.length < PAGE) return
    after = keyOf(page.at(-1)!.id)
  }
}
