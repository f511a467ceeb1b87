import assert from 'node:assert/strict'
import test from 'node:test'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const create = ['vm', 'create', '--name', 'web', '--image', 'small']
const stopped = new ScriptedHost({
  boot: () => ({
    kind: 'failed',
    code: 'secure-boot-violation',
    component: 'GRUB',
    message: 'it is not signed',
    confirmed: true,
    lastLine: '',
  }),
})

test('an alert is listed, shown with what to do, closed for a reason, and opened again', async (t) => {
  await signedIn(t, stopped)
  assert.equal((await good('alert', 'list')).out, 'no alerts\n')
  assert.equal((await tl(...create)).code, 1)
  const [alert] = await json('alert', 'list')
  const short = alert.name.slice(0, 8)
  const { out } = await good('alert', 'list')
  assert.match(
    out,
    new RegExp(`^${short} +web +Medium +Active +Secure Boot stopped the boot +GRUB `, 'm'),
  )
  const shown = (await good('alert', 'show', short)).out
  assert.doesNotMatch(shown, /monitoring plan/)
  assert.match(shown, /^Secure Boot stopped the boot: Active, Medium, seen 1 times$/m)
  assert.match(shown, /^ {2}component: GRUB \(host\)$/m)
  assert.match(shown, /^1\. Find out what replaced the component/m)
  assert.equal((await tl('alert', 'resolve', short)).code, 2)
  assert.equal(
    (await good('alert', 'resolve', short, '--reason', 'put back')).out,
    'resolve: done\n',
  )
  assert.deepEqual(await json('alert', 'list'), [])
  assert.match((await good('alert', 'show', short)).out, /^by \S+: put back \(request /m)
  const refused = await tl('alert', 'start', short, '--reason', 'looking')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /activate it first/)
  await good('alert', 'activate', short, '--reason', 'again')
  await good('alert', 'start', short, '--reason', 'looking')
  assert.equal((await json('alert', 'list'))[0].properties.status, 'InProgress')
})

test('sample alerts are made to be looked at', async (t) => {
  await signedIn(t, stopped)
  await good('alert', 'simulate')
  const listed = await json('alert', 'list')
  assert.equal(listed.length, 7)
  assert.match((await good('alert', 'list')).out, /Sample-VM .*\[SAMPLE/)
})

test('an alert that is not there, or that more than one begins like, is none', async (t) => {
  await signedIn(t, stopped)
  const missing = await tl('alert', 'show', 'zzz')
  assert.deepEqual([missing.code, /no alert zzz/.test(missing.err)], [1, true])
  for (const name of ['a', 'b'])
    assert.equal((await tl('vm', 'create', '--name', name, '--image', 'small')).code, 1)
  const both = await tl('alert', 'show', '')
  assert.match(both.err, /more than one alert begins with/)
})

test('what is recommended is listed by VM, and done where the API can', async (t) => {
  await signedIn(t)
  await good(...create, '--secure-boot', 'off')
  const idsOf = async () =>
    (await json('recommendation', 'list', 'web')).map(
      ({ properties }: any) => properties.additionalData.recommendation,
    )
  assert.deepEqual(await idsOf(), ['secure-boot.linux'])
  assert.match(
    (await good('recommendation', 'list')).out,
    /^web +secure-boot\.linux +Low +Unhealthy +\S.* tl recommendation fix web secure-boot\.linux$/m,
  )
  await good('recommendation', 'fix', 'web', 'secure-boot.linux')
  const extension = 'guest-attestation-extension.linux-vm'
  assert.deepEqual(await idsOf(), [extension])
  await good('recommendation', 'fix', 'web', extension)
  assert.deepEqual(await idsOf(), ['stale-evidence'])
  const again = await tl('recommendation', 'fix', 'web', extension)
  assert.match(again.err, /there is nothing to fix: web is Healthy/)
  assert.match(
    (await tl('recommendation', 'fix', 'web', 'nonsense')).err,
    /nothing called nonsense/,
  )
  const all = await json('recommendation', 'list', 'web', '--all')
  assert.equal(all.length, 13)
})

test('what a monitoring plan did about an alert is shown with it', async (t) => {
  await signedIn(t, stopped)
  const failures = { VM_SecureBootStoppedBoot: { severity: 'high', response: 'isolate' } }
  const plan = JSON.stringify({ version: 1, name: 'strict', failures })
  await good('plan', 'set', fileOf('plan.json', plan))
  assert.equal((await tl(...create)).code, 1)
  const [alert] = await json('alert', 'list')
  assert.equal(alert.properties.severity, 'High')
  const { out } = await good('alert', 'show', alert.name.slice(0, 8))
  assert.match(out, /^isolate by monitoring plan strict, 20/m)
})
