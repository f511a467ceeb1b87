import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { tl } from './a-run.ts'
import { vmsMissing as skip, stateWith } from './a-state.ts'

test("tl key rotate wraps a VM's key with a new key, forgets the former, and changes no identity", {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'vm-1')
  const shown = async () =>
    JSON.parse((await tl('host', 'vm', 'status', 'vm-1', '--state', state, '--json')).out)
  const keys = () => readdirSync(join(state, 'keys')).filter((name) => name.endsWith('.key'))
  const before = { vm: await shown(), keys: keys() }
  const { code, out, err } = await tl('key', 'rotate', '--state', state, '--json')
  assert.equal(code, 0, err)
  const { current, wrapped, refused } = JSON.parse(out)
  assert.deepEqual([wrapped, refused], [1, []])
  assert.deepEqual(keys(), [`${current}.key`])
  assert.notDeepEqual(keys(), before.keys)
  assert.deepEqual(await shown(), before.vm)
  const wrappedKey = readFileSync(join(state, 'vms/vm-1/vtpm.key'), 'utf8')
  assert.equal(JSON.parse(wrappedKey).keyEncryptionKey, current)
})

test('tl key rotate names a VM whose key cannot be opened, keeps the former key and ends in 1', {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'vm-1', 'vm-2')
  writeFileSync(join(state, 'vms/vm-2/vtpm.key'), '{}')
  const { code, out, err } = await tl('key', 'rotate', '--state', state)
  assert.equal(code, 1)
  assert.match(out, /^key-encryption key [0-9a-f]{16}: 1 wrapped anew$/m)
  assert.match(err, /^tl: the key of vm-2 could not be opened, or is not there$/m)
  assert.equal(readdirSync(join(state, 'keys')).filter((name) => name.endsWith('.key')).length, 2)
})

test('tl key rotate wraps the key of a VM whose record cannot be read, too', {
  skip,
}, async (t) => {
  const state = await stateWith(t, 'vm-1', 'vm-2')
  const path = join(state, 'vms/vm-2/machine.json')
  const record = readFileSync(path)
  writeFileSync(path, '{')
  const { code, out, err } = await tl('key', 'rotate', '--state', state, '--json')
  assert.equal(code, 0, err)
  const { current, wrapped } = JSON.parse(out)
  assert.equal(wrapped, 2)
  const wrappedKey = readFileSync(join(state, 'vms/vm-2/vtpm.key'), 'utf8')
  assert.equal(JSON.parse(wrappedKey).keyEncryptionKey, current)
  writeFileSync(path, record)
})
