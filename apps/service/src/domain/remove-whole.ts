import type { Tables } from './store.ts'

const PAGE = 1_000

/**
 * Removes a resource and all that lies in it or extends it: its children, the locks on it and the rights granted
 * at it. Who makes one of the same name again inherits nothing.
 */
export async function removeWhole({ resources }: Tables, id: string): Promise<void> {
  for (;;) {
    const within = await resources.below(id, PAGE)
    for (const one of within) await resources.delete(one.id)
    if (within.length < PAGE) break
  }
  await resources.delete(id)
}
