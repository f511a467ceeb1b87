import { plain } from '../plain-text.ts'
import type { Connection } from './connection.ts'

export const isOpen = ({ properties }: any) => ['Active', 'InProgress'].includes(properties.status)

/** The alerts of the subscription, the last seen first. */
export async function listedAlerts(
  { client, subscription }: Connection,
  all: boolean,
): Promise<any[]> {
  const alerts: any[] = []
  for await (const one of client.list(`${subscription}/providers/Microsoft.Security/alerts`))
    if (all || isOpen(one)) alerts.push(one)
  return alerts.sort((a, b) => b.properties.endTimeUtc.localeCompare(a.properties.endTimeUtc))
}

/** The alert that a name, or how one begins, is of. @throws {Error} none is, or more than one. */
export async function alertNamed(connection: Connection, name: string): Promise<any> {
  const all = await listedAlerts(connection, true)
  const [one, ...more] = all.filter((alert) => alert.name.startsWith(name.toLowerCase()))
  if (one === undefined) throw new Error(`no alert ${plain(name)}; tl alert list --all shows them`)
  if (more.length > 0)
    throw new Error(
      `more than one alert begins with ${plain(name)}; tl alert list --all --json has all of it`,
    )
  return one
}
