/** Debian's `az`, in a place of its own: packages of apt, unpacked and not installed. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const place = join(import.meta.dirname, '../.cache/az')
const MODULES = 'usr/lib/python3/dist-packages'

/** How `az` is run: `python3 -m azure.cli`, with where its modules are; null: it is neither installed nor unpacked. */
export function azPath(): string | null {
  const own = join(place, MODULES)
  if (existsSync(join(own, 'azure/cli'))) return own
  return existsSync(join('/', MODULES, 'azure/cli')) ? '' : null
}

/** Downloads what `apt-get install azure-cli` would install, about 60 MB, and unpacks it. Again is nothing. @throws {Error} apt-get's words. */
export function unpackAz(): void {
  if (azPath() !== null) return
  const fresh = `${place}.new`
  const archives = join(fresh, 'archives')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(archives, { recursive: true })
  const wanted = ['install', '--simulate', '--no-install-recommends', 'azure-cli']
  const names = [...apt(wanted, fresh).matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!)
  apt(['download', ...names], archives)
  for (const file of readdirSync(archives))
    execFileSync('dpkg-deb', ['--extract', join(archives, file), fresh])
  rmSync(archives, { recursive: true })
  rmSync(place, { recursive: true, force: true })
  renameSync(fresh, place)
}

function apt(args: readonly string[], cwd: string): string {
  return execFileSync('apt-get', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
