import assert from 'node:assert/strict'
import test from 'node:test'
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
