import type { Asked } from '@trusted-launch/api'
import type { Connection } from './connection.ts'
import { found } from './found.ts'

/** @returns whether it was missing. */
export async function madeWhereMissing(
  connection: Connection,
  { path, body }: Asked,
): Promise<boolean> {
  if ((await found(connection, path)) !== null) return false
  await connection.client.ask('PUT', path, body)
  return true
}
