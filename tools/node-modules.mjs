// npm ci, only when node_modules is not what the lockfile says.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pinned-node.mjs'
import { run } from './progress.mjs'

/** Compares npm's own record of what it installed (written last) with the lockfile. */
export function nodeModulesAreCurrent(folder = root) {
  const record = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = packagesOf(join(folder, 'package-lock.json'))
  const installed = packagesOf(record)
  const same = (name) =>
    installed[name]?.version === wanted[name].version &&
    installed[name]?.integrity === wanted[name].integrity
  return Object.keys(wanted)
    .filter((name) => name.includes('node_modules/'))
    .every((name) => (installed[name] === undefined ? wanted[name].optional === true : same(name)))
}

function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
}

/** Development and platform packages are needed whatever the user's own npm settings leave out. */
export async function installNodeModules(options) {
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=warn',
  ]
  const cli = process.env.npm_execpath
  const [program, first] =
    cli !== undefined && /npm-cli\.c?js$/.test(cli) ? [process.execPath, [cli]] : ['npm', []]
  await run(program, [...first, ...args], { ...options, cwd: root, env: environment() })
}

/** Settings of the npm command that started us (`npm run --silent demo -- …`) are not for this one. */
function environment() {
  const env = { ...process.env }
  for (const name of ['workspace', 'workspaces', 'dry_run', 'json', 'global', 'offline'])
    delete env[`npm_config_${name}`]
  return env
}
