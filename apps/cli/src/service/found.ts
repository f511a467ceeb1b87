import { ArmError } from '@trusted-launch/api'
import type { Connection } from './connection.ts'

/** What is at a path; null: nothing. @throws {ArmError} it is not told. */
export async function found(
  { client }: Connection,
  path: string,
): Promise<Record<string, any> | null> {
  try {
    return await client.get(path)
  } catch (error) {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    return null
  }
}
