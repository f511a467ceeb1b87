import { globSync, readFileSync } from 'node:fs'
import { type Site, sitesIn } from './without-check.ts'

/** A place where the project enforces checks. */
export interface Place extends Site {
  readonly path: string
  /** Of the whole file. */
  readonly source: string
}

/** Every one there is, file by file, from top to bottom. */
export function enforcedPlaces(): Place[] {
  return globSync('packages/*/src/**/*.ts')
    .sort()
    .flatMap((path) => {
      const source = readFileSync(path, 'utf8')
      return sitesIn(source).map((site) => ({ path, source, ...site }))
    })
}
