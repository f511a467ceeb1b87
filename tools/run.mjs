// Runs a program of this project under Node 24, setting up first whatever is missing.
// usage: node tools/run.mjs FILE|--test … [arguments]
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pinnedNode, root } from './pinned-node.mjs'
import { SetupError, say } from './progress.mjs'
import { serviceEnvironment, serviceFlags } from './service-node.mjs'
import { setUp } from './setup.mjs'

const given = process.argv.slice(2)
const yes = given.includes('--yes')
// Node's test runner knows no --yes.
const args = given.includes('--test') ? given.filter((each) => each !== '--yes') : given
try {
  if (!(await setUp({ yes }))) process.exit(2)
} catch (e) {
  if (!(e instanceof SetupError)) throw e
  say(`set-up: ${e.message}`)
  process.exit(1)
}

const parent = process.ppid
const stays = args[0] === 'apps/cli/src/main.ts' && args[1] === 'up'
// Hundreds of test files load the same modules, each in a process of its own.
const compiled = { NODE_COMPILE_CACHE: join(root, '.cache/compiled') }
const more = { ...(stays ? serviceEnvironment : {}), ...(args.includes('--test') ? compiled : {}) }
// By its whole path: threads load it too, wherever their process is by then.
const isLimited = args.includes('--test') && process.env.TEST_FILE_MINUTES !== undefined
const limit = isLimited ? ['--import', join(root, 'tools/test-limit.mjs')] : []
const child = spawn(pinnedNode(), [...(stays ? serviceFlags : []), ...limit, ...args], {
  ...{ stdio: 'inherit', cwd: root },
  env: { ...more, ...process.env },
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))

// npm passes no signal on: where it was ended, its child goes to another parent, and must end as well.
const orphaned = () => process.ppid !== parent && child.kill('SIGTERM')
if (process.env.npm_lifecycle_event !== undefined) setInterval(orphaned, 500).unref()
