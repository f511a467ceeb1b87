import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const suppression = (...args: string[]) => ['alert', 'suppression', ...args]
const silent = ['--type', 'VM_AttestationSilent', '--reason', 'the lab sleeps']

test('a rule is tried, made, listed, shown with what it hid, and deleted', async (t) => {
  await signedIn(t)
  await good('alert', 'simulate')
  assert.match((await good(...suppression('list'))).out, /^no alert is hidden/)
  const tried = await good(...suppression('create', 'lab', ...silent, '--dry-run'))
  assert.match(tried.out, /^it would have hidden 1 of the alerts that are there$/m)
  assert.match(tried.out, / VM_AttestationSilent +silent$/m)
  assert.deepEqual(await json(...suppression('list')), [])
  const { out } = await good(...suppression('create', 'lab', ...silent, '--until', '2999-01-31'))
  assert.equal(out, 'lab hides what fits it from now on\n')
  assert.match(
    (await good(...suppression('list'))).out,
    /^lab +VM_AttestationSilent +Enabled +2999-01-31T00:00:00\.000Z +the lab sleeps/m,
  )
  assert.match((await good(...suppression('show', 'lab'))).out, /it kept nothing from being told/)
  const open = await json('alert', 'list')
  assert.ok(!open.some(({ properties }: any) => properties.alertType === 'VM_AttestationSilent'))
  await good(...suppression('delete', 'lab'))
  assert.equal((await json('alert', 'list')).length, 7)
})

test('what hides one alert hides its type, VM and cause, and what else is said; half of it is refused', async (t) => {
  await signedIn(t)
  await good('alert', 'simulate')
  const [alert] = await json('alert', 'list')
  const reason = ['--reason', 'seen']
  const where = ['--where', 'entities.component~boot', '--where', 'entities.finding=a,b']
  await good(...suppression('create', 'x', '--alert', alert.name.slice(0, 8), ...reason, ...where))
  const [rule] = await json(...suppression('list'))
  assert.equal(rule.properties.alertType, alert.properties.alertType)
  assert.deepEqual(rule.properties.suppressionAlertsScope.allOf, [
    { field: 'entities.vm.id', in: [alert.properties.entities[0].resourceId] },
    { field: 'entities.cause', in: [alert.properties.extendedProperties.cause] },
    { field: 'entities.component', contains: 'boot' },
    { field: 'entities.finding', in: ['a', 'b'] },
  ])
  for (const wrong of [
    reason,
    [...silent, '--until', 'soon'],
    [...silent, '--where', 'cause'],
    ['--type', 'VM_AttestationSilent'],
  ])
    assert.equal((await tl(...suppression('create', 'y', ...wrong))).code, 2, wrong.join(' '))
})
