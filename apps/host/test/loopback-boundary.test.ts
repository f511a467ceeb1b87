import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { blockOf } from '../src/accounts.ts'
import { closeLoopback, openLoopback } from '../src/loopback-boundary.ts'
import { findProgram } from '../src/process.ts'

/** No host's; its block of accounts is nobody's. */
const place = '/nonexistent/loopback-boundary-test'
const { first, last } = blockOf(place)
const wanting =
  process.getuid?.() !== 0 ? 'needs root' : findProgram('nft') === null ? 'needs nft' : false

async function listener(t: TestContext): Promise<number> {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const asAccount = (uid: number, script: string) =>
  [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script] as const

async function reaches(uid: number, port: number): Promise<boolean> {
  const script = `const s = require('net').connect(${port}, '127.0.0.1', () => process.exit(0))
    s.on('error', () => process.exit(1))`
  const [code] = await once(spawn('setpriv', asAccount(uid, script), { stdio: 'ignore' }), 'exit')
  return code === 0
}

test("a VM's account reaches nothing on the host's loopback, is reached, and another account is left alone", {
  skip: wanting,
}, async (t) => {
  const port = await listener(t)
  t.after(() => openLoopback(place))
  assert.equal(await reaches(first, port), true, 'before the rules')
  for (let again = 0; again < 2; again++) assert.equal(await closeLoopback(place), null)
  for (const uid of [first, last]) assert.equal(await reaches(uid, port), false)
  for (const uid of [first - 1, last + 1]) assert.equal(await reaches(uid, port), true)

  const script = `const s = require('net').createServer((c) => c.end('hello'))
    s.listen(0, '127.0.0.1', () => console.log(s.address().port))`
  const forwarding = spawn('setpriv', asAccount(first, script), {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.after(() => forwarding.kill('SIGKILL'))
  const [said] = await once(forwarding.stdout, 'data')
  const [heard] = await once(connect(Number(said), '127.0.0.1'), 'data')
  assert.equal(String(heard), 'hello')

  await openLoopback(place)
  assert.equal(await reaches(first, port), true, 'after the rules')
  assert.doesNotMatch(String(spawnSync('nft', ['list', 'tables']).stdout), new RegExp(`_${first}`))
})
