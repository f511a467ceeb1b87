#!/usr/bin/env node
// tl: finds Node 24 by path and runs the command line under it. Plain JavaScript: any Node ≥ 20 starts it.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { nodeModulesAreCurrent } from '../../../tools/node-modules.mjs'
import { pinnedNode, root } from '../../../tools/pinned-node.mjs'
import { serviceEnvironment, serviceFlags } from '../../../tools/service-node.mjs'

const main = join(root, 'apps/cli/src/main.ts')
const node = pinnedNode()
if (node === null || !nodeModulesAreCurrent()) {
  process.stderr.write(`tl: not set up yet. Run \`npm run setup\` in ${root}\n`)
  process.exit(1)
}

const args = process.argv.slice(2)
const stays = args[0] === 'up'
// what was compiled once is not compiled again: most of what a short command does
const compiled = { NODE_COMPILE_CACHE: join(root, '.cache/compiled') }
const env = { ...compiled, ...(stays && serviceEnvironment), ...process.env }
const child = spawn(node, [...(stays ? serviceFlags : []), main, ...args], {
  stdio: 'inherit',
  env,
})
// `on`, not `once`: npm passes a signal on twice
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
