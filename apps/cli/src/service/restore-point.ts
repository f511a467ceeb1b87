import type { Output } from '../output.ts'
import type { Connection } from './connection.ts'
import { waited } from './progress.ts'
import type { VmOptions } from './vm-command.ts'

export const COLLECTION = 'Microsoft.Compute/restorePointCollections'

/** A VM's restore points are in the collection of its name. */
export function collectionPath(connection: Connection, vm: string, { group }: VmOptions): string {
  return connection.resource(COLLECTION, vm, group)
}

/** Takes a restore point, and waits for it. @returns it. */
export async function madePoint(
  connection: Connection,
  path: string,
  output: Output,
): Promise<any> {
  const { operationUrl } = await connection.client.ask('PUT', path, { properties: {} })
  const name = path.split('/').at(-1)!
  if (operationUrl !== null) await waited(connection, `keeping ${name}`, operationUrl, output)
  return connection.client.get(path)
}
