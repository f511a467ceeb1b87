import assert from 'node:assert/strict'
import test from 'node:test'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const create = (name: string, ...rest: string[]) =>
  good('vm', 'create', '--name', name, '--image', 'small', ...rest)

test('sizes are listed with what they are; the supported ones can be had here as Trusted Launch VMs', async (t) => {
  await signedIn(t)
  const all = await json('size', 'list')
  const of = (name: string) => all.find((size: any) => size.name === name)
  assert.ok(all.length > 1000)
  assert.deepEqual(of('Standard_B1s'), {
    ...{ name: 'Standard_B1s', vcpus: 1, memoryGib: 1, generations: 'V1,V2', architecture: 'x64' },
    ...{ trustedLaunch: true, available: true },
  })
  assert.deepEqual(
    [of('Standard_A1_v2').trustedLaunch, of('Standard_NC24').available],
    [false, false],
  )
  const { out } = await good('size', 'list', '--supported')
  assert.match(out, /^Standard_B1s +1 +1 +V1,V2 +x64 +yes +yes$/m)
  assert.doesNotMatch(out, /^Standard_A1_v2 /m)
})

test('systems are listed with what two pages say of each', async () => {
  const { out } = await good('os', 'list')
  assert.match(out, /^system +release +then +now$/m)
  assert.match(out, /^Debian +12 +supported \(before 2024-04\) +supported \(2025-04-21\)$/m)
  assert.match(out, /^Debian +13 +not named +supported \(2026-07-27\)$/m)
  assert.ok((await json('os', 'list')).every((one: any) => one.mission ?? one.current))
})

test("images are listed and shown, by our short name and by Azure's long one", async (t) => {
  await signedIn(t)
  const images = await json('image', 'list')
  const names = images.map(({ image }: any) => image)
  assert.deepEqual(
    names,
    ['debian-12', 'small', 'uki'].map((name) => `trusted-launch:${name}:gen2`),
  )
  assert.match((await good('image', 'list')).out, /^trusted-launch:small:gen2 +\S/m)
  const { out } = await good('image', 'show', 'small')
  assert.match(out, /^generation +V2$/m)
  assert.match(out, /^SecurityType +TrustedLaunchSupported$/m)
  assert.deepEqual(await json('image', 'show', names[1]!), await json('image', 'show', 'small'))
  assert.equal((await tl('image', 'show', 'nonsense')).code, 1)
})

test("a VM's disk is listed and shown", async (t) => {
  await signedIn(t)
  assert.equal((await good('disk', 'list')).out, 'no disks\n')
  await create('web')
  const [disk] = await json('disk', 'list', '--group', 'default')
  assert.match(disk.name, /^web_OsDisk_1_/)
  assert.match((await good('disk', 'show', disk.name)).out, /^state +Attached$/m)
  assert.match((await good('disk', 'list')).out, /^web_OsDisk_1_\S+ +default /m)
})

test('an operation is listed while it goes on, waited for, and no longer cancelled when it is over', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const host = new ScriptedHost({
    before: (deed) => (deed === 'waitForBoot' ? released : undefined),
  })
  await signedIn(t, host)
  const { operation } = JSON.parse((await create('web', '--no-wait', '--json')).out)
  const [open] = await json('operation', 'list', '--unfinished')
  assert.deepEqual([open.name, open.kind, open.status], [operation, 'vm.create', 'InProgress'])
  assert.match((await good('operation', 'list')).out, /^\S+ +vm\.create +web +InProgress /m)
  setTimeout(release, 4000)
  const { out, err } = await good('operation', 'wait', operation)
  assert.equal(out, 'Succeeded\n')
  assert.match(err, /: \d+ %/)
  assert.deepEqual(await json('operation', 'list', '--unfinished'), [])
  const late = await tl('operation', 'cancel', operation)
  assert.equal(late.code, 1)
  assert.match(late.err, /is over and cannot be cancelled\. \(OperationNotAllowed\)/)
  assert.equal((await tl('operation', 'wait', 'nonsense')).code, 1)
})

test('a cancellation is asked for, and of what is not there refused', async (t) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const host = new ScriptedHost({
    before: (deed) => (deed === 'waitForBoot' ? released : undefined),
  })
  await signedIn(t, host)
  const { operation } = JSON.parse((await create('web', '--no-wait', '--json')).out)
  assert.match((await good('operation', 'cancel', operation)).out, /^asked: tl operation wait /)
  release()
  assert.equal((await tl('operation', 'cancel', 'nonsense')).code, 1)
})

test('the audit says who changed what, at the root too, and that nothing in it was changed', async (t) => {
  const { service } = await signedIn(t)
  await create('web')
  const { out } = await good('audit', 'list')
  assert.match(
    out,
    /Microsoft\.Compute\/virtualMachines\/write .*\/virtualMachines\/web +\S+ +127\.0\.0\.1$/m,
  )
  await good('host', 'forget')
  const [newest, ...older] = await json('audit', 'list', '--count', '2')
  assert.deepEqual(
    [newest.operationName.value, older.length],
    ['TrustedLaunch/hosts/forget/action', 1],
  )
  assert.equal((await tl('audit', 'list', '--count', 'all')).code, 2)
  const { brokenAt, entries, head } = await json('audit', 'verify')
  assert.deepEqual([brokenAt, entries > 3], [null, true])
  assert.equal((await good('audit', 'verify')).out.includes(`none changed\nhead `), true)
  assert.match(head, /^[0-9a-f]{64}$/)
  assert.ok(service.endpoint)
})
