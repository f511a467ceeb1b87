import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../../../', import.meta.url).pathname
const corpus = process.env.EVIDENCE_CORPUS ?? join(root, '../shared/corpus')

/** A file's bytes, or null when this machine does not have it. */
export function readIfThere(path: string): Uint8Array | null {
  return existsSync(path) ? new Uint8Array(readFileSync(path)) : null
}

/** A variable store or code file of Debian's package `ovmf`. */
export const ovmf = (name: string) => readIfThere(join('/usr/share/OVMF', name))

/** A file of the evidence corpus. */
export const evidence = (name: string) => readIfThere(join(corpus, name))

/** A file of the Debian packages that set-up unpacks, found by the end of its path. */
export function debianFile(...parts: string[]): Uint8Array | null {
  const packages = join(root, '.cache/debian')
  if (!existsSync(packages)) return null
  for (const each of readdirSync(packages)) {
    const folder = join(packages, each, 'root', ...parts.slice(0, -1))
    if (!existsSync(folder)) continue
    const name = readdirSync(folder).find((file) => file.startsWith(parts.at(-1)!))
    if (name !== undefined) return new Uint8Array(readFileSync(join(folder, name)))
  }
  return null
}

/** The `skip` option of a test: a reason when a file is not there. */
export function unless(found: unknown, what: string): false | string {
  return found === null ? `${what} is not on this machine` : false
}
