import { ArmError } from '@trusted-launch/api'
import type { Connection } from './connection.ts'
import type { Asked } from './new-vm.ts'

/** @returns whether it was missing. */
export async function madeWhereMissing(
  { client }: Connection,
  { path, body }: Asked,
): Promise<boolean> {
  try {
    await client.get(path)
    return false
  } catch (error) {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    await client.ask('PUT', path, body)
    return true
  }
}
