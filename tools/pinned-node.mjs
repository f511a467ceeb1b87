// Where Node 24 is. Plain JavaScript: it runs on whatever Node the machine has (20 or newer).
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const majorWanted = 24

/** The path of a Node 24: this one if it is, else the one `npm ci` unpacked; null when neither is. */
export function pinnedNode() {
  const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node')
  if (existsSync(pinned)) return pinned
  return Number(process.versions.node.split('.')[0]) >= majorWanted ? process.execPath : null
}
