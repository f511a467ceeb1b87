import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A workspace: a package or an app of this repository. */
export interface Room {
  /** `packages/tpm2` */
  folder: string
  /** `tpm2` */
  name: string
  /** Names in the manifest's `dependencies`. */
  declared: string[]
  /** `src/**` as [path, text]. */
  sources: [string, string][]
}

/** All rooms, in the order of their folders. */
export function rooms(): Room[] {
  return ['packages', 'apps'].flatMap((storey) =>
    readdirSync(storey)
      .filter((name) => existsSync(join(storey, name, 'package.json')))
      .map((name) => roomOf(join(storey, name), name)),
  )
}

function roomOf(folder: string, name: string): Room {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const paths = [...globSync(`${folder}/src/**/*.{ts,tsx}`), ...globSync(`${folder}/bin/*.mjs`)]
  return {
    folder,
    name,
    declared: Object.keys(manifest.dependencies ?? {}),
    sources: paths.sort().map((path) => [path, readFileSync(path, 'utf8')]),
  }
}

/** What a source imports, static and dynamic, as written. */
export function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\s)(?:import|export)\b[^'"()]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'|^import\s+'([^']+)'/gm,
  )
  return [...found].map((match) => (match[1] ?? match[2] ?? match[3])!)
}
