import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunningScreen } from '../src/machine/running-screen.ts'
import { SocketFolder } from '../src/machine/socket-folder.ts'

test('a screen is looked at by several, none that is not there is, and all end when the VM is let go', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-screen-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const sockets = new SocketFolder(folder)
  t.after(() => sockets.close())
  const screen = new RunningScreen(sockets)
  await assert.rejects(screen.open(), { code: 'machine-no-screen' })
  const server = createServer((socket) => socket.on('error', () => {}).write('RFB 003.008\n'))
  server.listen(join(folder, 'screen'))
  t.after(() => server.close())
  await once(server, 'listening')
  const [one, two] = await Promise.all([screen.open(), screen.open()])
  const [hello] = await once(one, 'data')
  assert.equal(String(hello), 'RFB 003.008\n')
  const ended = Promise.all([once(one, 'close'), once(two, 'close')])
  screen.close()
  await ended
})
