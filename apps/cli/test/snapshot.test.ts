import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const create = ['vm', 'create', '--name', 'web', '--image', 'small']

test('a disk of a VM that runs is snapshotted, shown, made a disk of, and the snapshot is deleted', async (t) => {
  await signedIn(t)
  await good(...create)
  assert.match(
    (await good('snapshot', 'create', 'one', '--vm', 'web')).out,
    /^kept one: tl disk create NAME --snapshot one$/m,
  )
  assert.match((await good('snapshot', 'list')).out, /^one +web_OsDisk_\S+ .*CrashConsistent/m)
  assert.match((await good('snapshot', 'show', 'one')).out, /^consistency +CrashConsistent$/m)
  const { properties } = await json('disk', 'create', 'again', '--snapshot', 'one')
  assert.equal(properties.osType, 'Linux')
  await good('disk', 'create', 'data', '--size', '2')
  assert.equal((await json('snapshot', 'create', 'two', '--disk', 'data')).name, 'two')
  assert.equal((await good('snapshot', 'delete', 'one')).out, 'deleting one: done\n')
  assert.equal((await tl('snapshot', 'create', 'x')).code, 2)
  assert.match((await tl('snapshot', 'show', 'one')).err, /tl snapshot list|not found/)
})

test('a VM is kept as a restore point, put back once it is deallocated, and the point is deleted', async (t) => {
  const { host } = await signedIn(t)
  await good(...create)
  assert.match(
    (await good('restore-point', 'create', 'web', 'before')).out,
    /^kept web as before: tl restore-point restore web before puts it back/,
  )
  assert.match(
    (await good('restore-point', 'list', 'web')).out,
    /^before .*CrashConsistent +1 +generation 1$/m,
  )
  assert.match((await good('restore-point', 'show', 'web', 'before')).out, /^vTPM +generation 1$/m)
  assert.match((await tl('restore-point', 'restore', 'web', 'before')).err, /deallocate/)
  await good('vm', 'deallocate', 'web')
  assert.equal(
    (await good('restore-point', 'restore', 'web', 'before')).out,
    'putting web back to before: done\n',
  )
  assert.equal(host.restored.length, 1)
  await good('restore-point', 'delete', 'web', 'before')
  assert.equal((await good('restore-point', 'list', 'web')).out, 'no restore points\n')
})

test('a VM is cloned with a vTPM of its own; the same only by force while the first is there, and nothing else is left', async (t) => {
  const { host } = await signedIn(t)
  await good(...create)
  await good('disk', 'create', 'data', '--size', '2')
  await good('disk', 'attach', 'data', '--vm', 'web')
  assert.match(
    (await good('vm', 'clone', 'web', '--name', 'two')).out,
    /^made two of web: tl vm show/,
  )
  const { properties } = await json('vm', 'show', 'two')
  assert.deepEqual(
    properties.storageProfile.dataDisks.map(({ lun, name }: any) => [lun, name]),
    [[0, 'two-data-0']],
  )
  const refused = await tl('vm', 'clone', 'web', '--name', 'three', '--vtpm', 'copy')
  assert.match(refused.err, /'web' exists and has this vTPM/)
  assert.equal(host.points.size, 0, 'what it was made of is gone')
  const disks = (await json('disk', 'list')).map(({ name }: any) => name)
  assert.deepEqual(
    disks.filter((name: string) => name.startsWith('three')),
    [],
  )
  assert.match((await tl('vm', 'clone', 'web', '--name', 'two')).err, /there is a VM two already/)
  await good('vm', 'clone', 'web', '--name', 'four', '--vtpm', 'copy', '--force')
})
