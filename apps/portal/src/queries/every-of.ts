import type { ArmClient } from '@trusted-launch/api'

/** All entries of a list, whatever pages it comes in. */
export async function everyOf<T>(client: ArmClient, path: string): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of client.list(path)) found.push(one as T)
  return found
}
