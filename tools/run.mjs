// Runs a program of this project under Node 24, setting up first whatever is missing.
// usage: node tools/run.mjs FILE|--test … [arguments]
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { pinnedNode, root } from './pinned-node.mjs'
import { SetupError, say } from './progress.mjs'
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

const child = spawn(pinnedNode(), args, { stdio: 'inherit', cwd: root })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
