import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from './machines.ts'

/** Kernel modules of the guests' own kernel, by where they lie in the small guest. */
export function guestModules(names: readonly string[]): Record<string, Uint8Array> {
  const current = readFileSync(join(cacheDirectory, 'debian/current'), 'utf8').trim()
  const cwd = join(cacheDirectory, 'debian', current, 'root/lib/modules')
  return Object.fromEntries(
    names.map((name) => {
      const [path] = globSync(`*/kernel/**/${name}.ko`, { cwd })
      return [`lib/modules/${name}.ko`, new Uint8Array(readFileSync(join(cwd, path!)))]
    }),
  )
}
