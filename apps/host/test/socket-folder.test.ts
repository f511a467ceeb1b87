import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectMonitor } from '../src/machine/qemu-process.ts'
import { SocketFolder } from '../src/machine/socket-folder.ts'
import { identityOf } from '../src/process.ts'

const root = mkdtempSync(join(tmpdir(), 'tl-sockets-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))
writeFileSync(join(root, 'qmp'), '')

test('a folder of sockets that was closed names none, and is closed once', () => {
  const folder = new SocketFolder(root)
  assert.match(folder.path('qmp'), /^\/proc\/self\/fd\/\d+\/qmp$/)
  folder.close()
  const next = openSync(root, 'r') // with the number that is free now
  folder.close()
  assert.throws(() => folder.path('qmp'), { code: 'machine-not-running' })
  assert.equal(openSync(root, 'r') === next, false)
})

test('a link in the place of a socket is not followed', () => {
  mkdirSync(join(root, 'links'))
  symlinkSync('../qmp', join(root, 'links/qmp'))
  const folder = new SocketFolder(join(root, 'links'))
  assert.throws(() => folder.path('qmp'), { code: 'machine-unreachable' })
  folder.close()
})

test('a VM that is let go is not connected to any more', async () => {
  mkdirSync(join(root, 'none'))
  const folder = new SocketFolder(join(root, 'none'))
  const connecting = connectMonitor(folder, identityOf(process.pid)!, { onEvent: () => {} })
  const refused = assert.rejects(connecting, { code: 'machine-not-running' })
  await sleep(30)
  folder.close()
  await refused
})
