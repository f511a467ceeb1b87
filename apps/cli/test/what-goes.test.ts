import assert from 'node:assert/strict'
import test from 'node:test'
import { Connection } from '../src/service/connection.ts'
import { currentProfile } from '../src/service/profile.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

/** A VM with an extension, and two data disks, one of which goes with it. */
async function aVm(name: string, group: string): Promise<void> {
  await good('vm', 'create', '--name', name, '--image', 'small', '--group', group)
  const connection = new Connection(currentProfile().profile)
  const { client } = connection
  const path = connection.resource('Microsoft.Compute/virtualMachines', name, group)
  const disk = (lun: number, deleteOption: string, at = group) => ({
    ...{ lun, createOption: 'Attach', deleteOption, name: `${name}-${lun}` },
    managedDisk: {
      id: connection.resource('Microsoft.Compute/disks', `${name}-${lun}`, at),
    },
  })
  for (const [lun, at] of [
    [0, group],
    [1, 'store'],
  ] as const)
    await good('disk', 'create', `${name}-${lun}`, '--size', '1', '--group', at)
  const { operationUrl } = await client.ask('PATCH', path, {
    properties: {
      storageProfile: { dataDisks: [disk(0, 'Detach'), disk(1, 'Delete', 'store')] },
    },
  })
  await good('operation', 'wait', new URL(operationUrl!).pathname.split('/').at(-1)!)
  const properties = {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  }
  await client.ask('PUT', `${path}/extensions/ga`, { location: 'local', properties })
  connection.close()
}

test('a dry run of a VM’s deletion tells its disks, interfaces and extensions, and deletes nothing', async (t) => {
  const { host } = await signedIn(t)
  await aVm('web', 'shop')
  const told = await json('vm', 'delete', 'web', '--group', 'shop', '--dry-run')
  const short = told.map(({ id, goes }: any) => [id.split('/').slice(-2).join('/'), goes])
  const own = short.find(([name]: any) => /_OsDisk_1_/.test(name))
  assert.deepEqual(short, [
    ['virtualMachines/web', true],
    ['extensions/ga', true],
    own,
    ['disks/web-0', false],
    ['disks/web-1', true],
    ['networkInterfaces/web-nic', true],
  ])
  const { out, err } = await good('vm', 'delete', 'web', '--group', 'shop', '--dry-run')
  assert.match(out, /^virtualMachines +web +goes$/m)
  assert.match(out, /^virtualMachines\/extensions +web\/ga +goes$/m)
  assert.match(out, /^disks +web-0 +stays: its deleteOption is Detach$/m)
  assert.match(out, /^disks +web-1 +goes \(its deleteOption is Delete\)$/m)
  assert.match(err, /nothing was asked for/)
  assert.equal((await host.machines()).length, 1)
  assert.equal((await tl('vm', 'delete', 'nobody', '--dry-run')).code, 1)
  await good('vm', 'delete', 'web', '--group', 'shop')
  const left = (await json('disk', 'list')).map(({ name }: any) => name)
  const stays = told.filter(({ goes }: any) => !goes).map(({ id }: any) => id.split('/').at(-1))
  assert.deepEqual(left.sort(), stays.sort())
})

test('a dry run of a group’s deletion tells all in it, and what of other groups goes with its VMs', async (t) => {
  await signedIn(t)
  await aVm('web', 'shop')
  const vmss = ['--image', 'small', '--instances', '2', '--group', 'shop']
  await good('vmss', 'create', 'fleet', ...vmss)
  const told = await json('group', 'delete', 'shop', '--dry-run')
  const goes = told.filter(({ goes }: any) => goes).map(({ id }: any) => id)
  const names = goes.map((id: string) => id.split('/').slice(-2).join('/'))
  for (const name of ['virtualMachines/web', 'extensions/ga', 'disks/web-0', 'disks/web-1'])
    assert.ok(names.includes(name), `${name} of ${names.join(' ')}`)
  assert.equal(new Set(goes).size, goes.length)
  const { out } = await good('group', 'delete', 'shop', '--dry-run')
  assert.match(out, /^virtualMachineScaleSets +fleet +goes \(with its 2 instances\)$/m)
  assert.match(out, /^disks +web-1 +goes \(its deleteOption is Delete\)$/m)
  assert.equal((await json('group', 'list')).length, 2)
  await good('group', 'delete', 'shop')
  assert.deepEqual(await json('disk', 'list'), [])
})

test('a stopped VM is generalized and never starts again; one that runs is not', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const running = await tl('vm', 'generalize', 'web')
  assert.equal(running.code, 1)
  assert.match(running.err, /tl vm deallocate web; then the same again/)
  await good('vm', 'deallocate', 'web')
  assert.match((await good('vm', 'generalize', 'web')).out, /^web is generalized: /)
  assert.equal((await tl('vm', 'start', 'web')).code, 1)
})
