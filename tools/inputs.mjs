// The hash of what a step is made from: the step is done again when it changes.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './pinned-node.mjs'

/** SHA-256 over values and over every file below the given paths: names, then contents, sorted. */
export function hashOf(values, paths = []) {
  const hash = createHash('sha256').update(JSON.stringify(values))
  for (const path of paths.flatMap((path) => filesBelow(join(root, path))).sort()) {
    const bytes = readFileSync(path)
    hash.update(`\0${relative(root, path)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)))
}
