import type { Tables } from '../domain/store.ts'
import { requireConditions } from './conditions.ts'
import type { Ground } from './ground.ts'
import type { ArmRequest } from './route.ts'

/** What a change comes to, for the audit: an answer is one. */
export interface Done {
  readonly status: number
  /** What follows it. */
  readonly operation?: { readonly id: string } | null
  /** A deletion that is answered 204 though something was there. */
  readonly isRemoved?: true
}

/**
 * One transaction for a change, the conditions it is asked under, and its entry in the audit: all, or none.
 * @throws {StoreError} and what `work` throws; nothing was changed then.
 */
export function change<T extends Done>(
  { store }: Pick<Ground, 'store'>,
  request: ArmRequest,
  work: (tables: Tables) => Promise<T>,
): Promise<T> {
  return store.transaction(async (tables) => {
    await requireConditions(tables, request)
    const done = await work(tables)
    await request.audit(tables, done)
    return done
  })
}
