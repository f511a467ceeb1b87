import assert from 'node:assert/strict'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { tl } from './a-run.ts'

const skip = !existsSync('/usr/bin/qemu-system-x86_64') && 'no QEMU here: npm run setup installs it'
const state = () => join(mkdtempSync(join(tmpdir(), 'tl-test-')), 'state')

test('a host without VMs lists none', { skip }, async () => {
  const { code, out } = await tl('vm', 'list', '--state', state(), '--json')
  assert.deepEqual([code, JSON.parse(out)], [0, []])
})

test('a VM that is not there ends in 1, and is named', { skip }, async () => {
  for (const verb of ['status', 'reprovision', 'delete']) {
    const { code, err } = await tl('vm', verb, 'nobody', '--state', state())
    assert.equal(code, 1)
    assert.match(err, /there is no VM nobody/)
  }
})

test('a VM without a name is wrong usage: 2', async () => {
  assert.equal((await tl('vm', 'status')).code, 2)
  assert.equal((await tl('vm')).code, 2)
})
