import assert from 'node:assert/strict'
import test from 'node:test'
import { DriftedHost } from '../../service/test/a-drifted-host.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

test('a drift is listed, shown with what was and is, approved for a reason, and revoked', async (t) => {
  const host = new DriftedHost()
  await signedIn(t, host)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  assert.equal((await good('drift', 'list')).out, 'no drift\n')
  host.isDrifted = true
  const asked = await tl('vm', 'attest', 'web')
  assert.equal(asked.code, 3)
  const [drift] = await json('drift', 'list')
  const short = drift.name.slice(0, 8)
  assert.match(
    asked.out,
    new RegExp(`\ncontraindicated\nsince \\S+: .*kernel.*\nnext {2}tl drift show web ${short}\n$`),
  )
  assert.match(
    (await good('drift', 'list')).out,
    new RegExp(`^${short} +web +Pending +kernel `, 'm'),
  )
  const { out } = await good('drift', 'show', 'web', short)
  assert.match(out, /^web: kernel \(/)
  assert.match(out, /^ {2}was 0707/m)
  assert.match(out, /^ {2}is {2}[0-9a-f]{64}$/m)
  assert.match(out, new RegExp(`^approve it {2}tl drift approve web ${short} --reason TEXT$`, 'm'))
  assert.equal((await tl('drift', 'approve', 'web', short)).code, 2)
  assert.equal(
    (await good('drift', 'approve', 'web', short, '--reason', 'an update')).out,
    'approving a drift of web: done\n',
  )
  assert.equal((await good('drift', 'list')).out, 'no drift\n')
  assert.match((await good('drift', 'list', '--all')).out, / web +Approved +kernel /)
  assert.match((await good('drift', 'show', 'web', short)).out, /^approved by .+: an update$/m)
  await good('vm', 'attest', 'web')
  const { out: values } = await good('reference-values', 'list', 'web')
  assert.match(values, /^foretold +VM +version 2 +counts +its host$/m)
  assert.match(values, / VM +small, kernel of \S+ +counts +1 +.+: an update$/m)
  const kept = await json('reference-values', 'list', 'web')
  const { name } = kept.find((one: any) => one.name !== 'foretold')
  assert.equal((await good('reference-values', 'revoke', 'web', name)).out, 'revoke: done\n')
  assert.equal((await tl('vm', 'attest', 'web')).code, 3)
})

test('a drift is rejected for a reason; a first boot is approved by name only, and the refusal says how', async (t) => {
  const host = new DriftedHost()
  host.isDrifted = true
  await signedIn(t, host)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const [{ name }] = await json('drift', 'list', 'web')
  assert.match((await good('drift', 'list')).out, /kernel \(first boot\)/)
  const refused = await tl('drift', 'approve', 'web', name, '--reason', 'x')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /--trust-on-first-use/)
  assert.equal(
    (await good('drift', 'reject', 'web', name, '--reason', 'not ours')).out,
    'reject: done\n',
  )
  assert.match((await good('drift', 'show', 'web', name)).out, /^rejected by .+: not ours$/m)
  const missing = await tl('drift', 'show', 'web', 'zzz')
  assert.deepEqual([missing.code, /no drift zzz of web/.test(missing.err)], [1, true])
})

test('a VM made with trust on first use has a plan of its own that lets a person approve its first boot', async (t) => {
  const host = new DriftedHost()
  host.isDrifted = true
  await signedIn(t, host)
  const create = ['vm', 'create', '--name', 'web', '--image', 'small', '--trust-on-first-use']
  const dry = JSON.parse((await good(...create, '--dry-run')).out)
  assert.match(dry.at(-1).path, /\/web\/providers\/TrustedLaunch\/monitoringPlans\/default$/)
  await good(...create)
  const plan = await good('plan', 'show', '--vm', 'web')
  assert.match(plan.out, /^references .*"trustOnFirstUse":true.*trust-on-first-use/m)
  const [{ name }] = await json('drift', 'list', 'web')
  await good('drift', 'approve', 'web', name, '--reason', 'my own desk')
  assert.equal((await tl('vm', 'attest', 'web')).code, 0)
})
