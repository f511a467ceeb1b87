import { randomUUID } from 'node:crypto'
import type { openStore } from '@trusted-launch/service'

export type Store = Awaited<ReturnType<typeof openStore>>
export type Resource = NonNullable<Awaited<ReturnType<Store['resources']['get']>>>

const BATCH = 250

export const nameOf = (i: number) => `copy-${String(i).padStart(6, '0')}`
export const idOf = ({ id }: Resource, name: string) =>
  `${id.slice(0, id.lastIndexOf('/'))}/${name}`

/** So many of a resource, each with a name and id of its own. */
export async function copies(store: Store, one: Resource, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += BATCH)
    await store.transaction(async ({ resources }) => {
      for (let i = start; i < Math.min(to, start + BATCH); i++) {
        const { etag: _, changedAt, ...rest } = one
        const name = nameOf(i)
        const vmId = randomUUID()
        const { virtualMachine: __, ...state } = {
          ...rest.state,
          vmId,
          machine: `vm-${vmId}`,
        } as any
        await resources.insert({ ...rest, id: idOf(one, name), name, state }, changedAt)
      }
    })
}
