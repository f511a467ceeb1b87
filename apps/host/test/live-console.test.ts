import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONSOLE_WAITING_MAX, LiveConsole } from '../src/machine/live-console.ts'
import { until } from './a-running-machine.ts'

test('a console that nobody reads holds little, keeps everything, and says what it left out', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-console-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'console')
  const server = createServer().listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  const guest = once(server, 'connection')
  let kept = 0
  const console = await LiveConsole.open(path, (bytes) => {
    kept += bytes.length
  })
  t.after(() => console.destroy())
  const [socket] = await guest
  const total = 4 * CONSOLE_WAITING_MAX
  socket.write('x'.repeat(total))
  await until(() => kept === total)
  assert.ok(console.readableLength <= CONSOLE_WAITING_MAX)
  let seen = ''
  console.on('data', (bytes) => {
    seen += bytes
  })
  await until(() => console.readableLength === 0)
  socket.write('the end')
  await until(() => seen.endsWith('the end'))
  const note = /\r\n\[(\d+) bytes left out\]\r\n/g
  const left = [...seen.matchAll(note)].reduce((sum, [, bytes]) => sum + Number(bytes), 0)
  assert.ok(left > 0)
  assert.equal(seen.replace(note, '').length + left, total + 'the end'.length)
})
