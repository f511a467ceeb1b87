import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import { ArmError } from '@trusted-launch/api'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const create = ['vm', 'create', '--name', 'web', '--image', 'small']

test('a data disk is made, given to a VM that runs, shown there, taken away, grown and deleted', async (t) => {
  await signedIn(t)
  await good(...create)
  assert.match(
    (await good('disk', 'create', 'data', '--size', '4')).out,
    /^made data: tl disk attach/,
  )
  assert.equal(
    (await good('disk', 'attach', 'data', '--vm', 'web')).out,
    'attaching data to web: done\n',
  )
  assert.match((await good('disk', 'list')).out, /^data +default +4 GiB +Attached +web, lun 0$/m)
  assert.match((await good('disk', 'list')).out, /^web_OsDisk_\S+ .* web, its own/m)
  assert.match((await good('vm', 'show', 'web')).out, /^disk +data \(lun 0/m)
  const used = await tl('disk', 'delete', 'data')
  assert.match(used.err, /\n +tl disk detach data; then the same again$/m)
  const [own] = (await json('disk', 'list')).filter(({ name }: any) => name !== 'data')
  assert.match((await tl('disk', 'detach', own.name)).err, /is web's own disk/)
  assert.equal((await good('disk', 'detach', 'data')).out, 'detaching data from web: done\n')
  assert.match((await tl('disk', 'detach', 'data')).err, /no VM has data; tl disk list/)
  await good('disk', 'resize', 'data', '--size', '8')
  assert.match((await good('disk', 'show', 'data')).out, /^size +8 GiB\nstate +Unattached$/m)
  assert.equal((await good('disk', 'delete', 'data')).out, 'deleting data: done\n')
  assert.match((await tl('disk', 'show', 'data')).err, /\n +tl disk list shows what there is/)
})

test('a disk is made of a file or of another disk; a name that is taken is told before anything is sent', async (t) => {
  const { host } = await signedIn(t)
  const file = fileOf('data.raw', new Uint8Array(1 << 20).fill(7))
  await good('disk', 'create', 'data', '--file', file)
  const { properties } = await json('disk', 'create', 'copy', '--copy', 'data', '--size', '40')
  assert.deepEqual([properties.diskSizeGB, properties.creationData.createOption], [40, 'Copy'])
  const sent = host.uploads.size
  const taken = await tl('disk', 'create', 'data', '--file', file)
  assert.match(
    taken.err,
    /^tl: there is a disk data already: another name, or tl disk delete data$/m,
  )
  assert.equal(host.uploads.size, sent)
  assert.equal((await tl('disk', 'create', 'x')).code, 2)
  assert.equal((await tl('disk', 'create', 'x', '--size', 'big')).code, 2)
  assert.equal((await tl('disk', 'create', 'x', '--file', file, '--copy', 'data')).code, 2)
  assert.match((await tl('disk', 'create', 'x', '--file', '/nowhere')).err, /no such file/)
})

test('a disk is sent and fetched whole; each goes on where it was cut off, and what is zeros is not sent', async (t) => {
  const written: string[] = []
  let isCut = true
  const host = new ScriptedHost({
    before: (deed, id) => {
      if (!['writeUpload', 'readSnapshot'].includes(deed)) return
      written.push(deed)
      if (isCut && written.length === 2) throw new ArmError({ status: 507, code: 'X', message: id })
    },
  })
  await signedIn(t, host)
  const bytes = new Uint8Array(13 << 20)
  for (const at of [0, 8 << 20, 12 << 20]) bytes.fill(7, at, at + 1000)
  const file = fileOf('sent.raw', bytes)
  assert.equal((await tl('disk', 'upload', file, '--name', 'sent')).code, 1)
  assert.match(
    (await good('disk', 'list')).out,
    /^sent +default .* (?:is sent, or was cut off|waits for its bytes)/m,
  )
  assert.match(
    (await tl('disk', 'create', 'sent', '--file', file)).err,
    /^tl: the disk sent waits for its bytes: tl disk upload FILE --name sent goes on, tl disk delete sent takes it away$/m,
  )
  assert.match((await good('disk', 'show', 'sent')).out, /^state +is sent, or was cut off$/m)
  const other = fileOf('other.raw', new Uint8Array(1 << 20))
  assert.match((await tl('disk', 'upload', other, '--name', 'sent')).err, /waits for a file of/)
  isCut = false
  assert.match((await good('disk', 'upload', file, '--name', 'sent')).out, /^made sent: tl disk/)
  assert.equal(written.filter((deed) => deed === 'writeUpload').length, 4)
  const { id } = await json('disk', 'show', 'sent')
  assert.deepEqual(host.contents.get(id), bytes)
  assert.match((await tl('disk', 'upload', file, '--name', 'sent')).err, /is there already/)

  const target = `${file}.out`
  writeFileSync(`${target}.part`, bytes.subarray(0, 5 << 20))
  written.length = 0
  assert.deepEqual(await json('disk', 'download', 'sent', target), {
    ...{ file: target, bytes: bytes.length },
  })
  assert.deepEqual(new Uint8Array(readFileSync(target)), bytes)
  // Each of the four pieces is hashed there; two are asked for.
  assert.equal(written.length, 6)
  assert.equal(existsSync(`${target}.part`), false)
  assert.match((await tl('disk', 'download', 'sent', target)).err, /is there already/)
  assert.equal(host.snapshots.size, 0)
  await good('snapshot', 'create', 'before', '--disk', 'sent')
  await good('snapshot', 'download', 'before', `${target}2`)
  assert.deepEqual(new Uint8Array(readFileSync(`${target}2`)), bytes)
})
