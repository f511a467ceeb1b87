import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, AlertAction, AlertState } from '../src/alert.ts'
import { changeAlert, isRefusal } from '../src/change-alert.ts'
import { detect } from '../src/detect.ts'
import { good, hour, minute, seen, start, verdict } from './facts.ts'

const drift = (actual = 'a') => seen(verdict({ id: 'kernel.changed', actual }))
const alert = detect([], drift())[0]!.alert
const who = { by: 'an operator', reason: 'it was an update', time: start + minute }
const after = (one: Alert, action: AlertAction, more: Partial<typeof who> = {}) =>
  changeAlert(one, { action, ...who, ...more })
const stateAfter = (...actions: AlertAction[]) => {
  let one: Alert = alert
  for (const action of actions) {
    const next = after(one, action)
    if (isRefusal(next)) return next.code
    one = next
  }
  return one.state
}

test('each action leads to its state, from any other; work starts on an open alert only', () => {
  const paths: [AlertAction[], AlertState | 'closed'][] = [
    [['start'], 'InProgress'],
    [['start', 'activate'], 'Active'],
    [['start', 'resolve'], 'Resolved'],
    [['dismiss'], 'Dismissed'],
    [['dismiss', 'activate'], 'Active'],
    [['resolve', 'dismiss'], 'Dismissed'],
    [['dismiss', 'resolve'], 'Resolved'],
    [['resolve', 'start'], 'closed'],
    [['dismiss', 'start'], 'closed'],
    [['resolve', 'activate', 'start'], 'InProgress'],
  ]
  for (const [actions, state] of paths) assert.equal(stateAfter(...actions), state, actions.join())
})

test('an alert is changed by somebody, for a reason, and not before it was raised', () => {
  const codeOf = (more: Partial<typeof who>) => {
    const refused = after(alert, 'resolve', more)
    return isRefusal(refused) ? refused.code : refused.state
  }
  assert.equal(codeOf({ by: ' ' }), 'no-actor')
  assert.equal(codeOf({ reason: '' }), 'no-reason')
  assert.equal(codeOf({ reason: 'x'.repeat(257) }), 'too-long')
  assert.equal(codeOf({ time: start - 1 }), 'too-early')
  const most = 'x'.repeat(256)
  assert.equal(codeOf({ by: most, reason: most, time: start }), 'Resolved')
  assert.equal(codeOf({ by: `${most}x` }), 'too-long')
})

test('who changed it and why stays with it; the same change again changes nothing', () => {
  const resolved = after(alert, 'resolve') as Alert
  assert.deepEqual(resolved.change, { action: 'resolve', ...who })
  assert.equal(after(resolved, 'resolve', { by: 'another' }), resolved)
  const early = after(resolved, 'activate', { time: start })
  assert.ok(isRefusal(early) && early.code === 'too-early')
})

test('a resolved alert whose cause is seen is active again', () => {
  const [again] = detect([after(alert, 'resolve') as Alert], drift())
  assert.deepEqual([again!.what, again!.alert.state, again!.alert.count], ['again', 'Active', 2])
})

test('a dismissed alert stays so while the same goes on, and no longer', () => {
  const dismissed = after(alert, 'dismiss') as Alert
  const [same] = detect([dismissed], drift())
  assert.deepEqual([same!.what, same!.alert.state, same!.alert.count], ['seen', 'Dismissed', 2])
  const [news] = detect([same!.alert], drift('b'))
  assert.deepEqual([news!.what, news!.alert.state], ['again', 'Active'])
  const more = seen(verdict({ id: 'kernel.changed', actual: 'a' }, 'grub.changed'), hour)
  assert.equal(detect([same!.alert], more)[0]!.what, 'again')
  const [gone] = detect([same!.alert], seen(good, hour))
  assert.deepEqual([gone!.what, gone!.alert.state], ['gone', 'Dismissed'])
  assert.equal(detect([gone!.alert], drift())[0]!.what, 'again')
})
