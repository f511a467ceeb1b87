import { readFileSync } from 'node:fs'
import { authorizationRow, type Endpoint } from '../identity/authorization-table.ts'

const TABLE = new URL('authorization-table.md', import.meta.url)

/**
 * The endpoints as they are, once each is in the table of who may call what, letter for letter: what nobody
 * reviewed is not served. @throws {Error} one is not.
 */
export function reviewed<T extends Endpoint>(routes: readonly T[]): readonly T[] {
  const rows = new Set(readFileSync(TABLE, 'utf8').split('\n'))
  for (const route of routes)
    if (!rows.has(authorizationRow(route)))
      throw new Error(
        `${route.method} ${route.path} is not in http/authorization-table.md as it is: npm run golden, and read the diff`,
      )
  return routes
}
