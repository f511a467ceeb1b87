import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { openHost } from '@trusted-launch/host'
import { tl } from './a-run.ts'

const cache = join(import.meta.dirname, '../../../.cache')
const image = globSync(join(cache, 'images/small-*/disk.raw'))[0]
const skip =
  (!existsSync('/usr/bin/swtpm') && 'no swtpm here: npm run setup installs it') ||
  (image === undefined && 'no image built yet: npm run setup builds it')

test("tl key rotate wraps a VM's key with a new key, forgets the former, and changes no identity", {
  skip,
}, async (t) => {
  const stateDirectory = mkdtempSync(join(cache, 'tl-test-'))
  t.after(() => rmSync(stateDirectory, { recursive: true, force: true }))
  const host = await openHost({ stateDirectory })
  await host.create({
    id: 'vm-1',
    name: 'a test',
    memoryMiB: 512,
    vcpus: 1,
    disk: { path: image!, format: 'raw' },
    secureBoot: false,
    signatures: null,
    vtpm: { banks: ['sha256'] },
  })
  await host.close()
  const shown = async () =>
    JSON.parse((await tl('vm', 'status', 'vm-1', '--state', stateDirectory, '--json')).out)
  const keys = () =>
    readdirSync(join(stateDirectory, 'keys')).filter((name) => name.endsWith('.key'))
  const before = { vm: await shown(), keys: keys() }
  const { code, out, err } = await tl('key', 'rotate', '--state', stateDirectory, '--json')
  assert.equal(code, 0, err)
  const { current, wrapped, refused } = JSON.parse(out)
  assert.deepEqual([wrapped, refused], [1, []])
  assert.deepEqual(keys(), [`${current}.key`])
  assert.notDeepEqual(keys(), before.keys)
  assert.deepEqual(await shown(), before.vm)
  const wrappedKey = globSync(join(stateDirectory, 'vms/vm-1/*.key'))[0]!
  assert.equal(JSON.parse(readFileSync(wrappedKey, 'utf8')).keyEncryptionKey, current)
})
