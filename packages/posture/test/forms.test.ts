import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALERT_KINDS, type AlertType } from '../src/alert-kinds.ts'
import { summaryOf } from '../src/alert-news.ts'
import { detect } from '../src/detect.ts'
import type { AlertEvent } from '../src/forms/alert-event.ts'
import { cefOf } from '../src/forms/cef.ts'
import { ocsfOf } from '../src/forms/ocsf.ts'
import { seen, verdict } from './facts.ts'

const { alert } = detect([], seen(verdict({ id: 'kernel.changed', actual: 'a' })))[0]!
const event: AlertEvent = {
  ...{ id: '11111111-2222-4333-8444-555555555555', sequence: 7, time: 1_700_000_000_000 },
  ...{ what: 'raised', alertId: '/subscriptions/s/…/alerts/n', name: 'n', sample: false },
  alert: summaryOf(alert),
}

test('CEF has its header and one line, whatever a guest wrote', () => {
  const [version, vendor, product, , type, title, severity] = cefOf(event).split('|')
  assert.deepEqual(
    [version, vendor, product, type, title, severity],
    ['CEF:0', 'trusted-launch', 'Trusted Launch', alert.type, 'VM attestation failed', '6'],
  )
  const summary = 'a=b|c\\d\r\nCEF:0|forged\u2028x\u0000y'
  const line = cefOf({ ...event, alert: { ...event.alert, summary, cause: 'x'.repeat(5000) } })
  assert.doesNotMatch(line, /\p{C}/u)
  assert.match(line, / msg=a\\=b\|c\\\\d CEF:0\|forged/)
  assert.ok(line.length < 5000)
})

test('a CEF value ends where its key says: an equals sign or a backslash in it is escaped', () => {
  const cause = 'end=0 outcome=Resolved \\'
  const line = cefOf({ ...event, alert: { ...event.alert, cause } })
  assert.match(line, / reason=end\\=0 outcome\\=Resolved \\\\ msg=/)
})

test('OCSF has what a Detection Finding requires, for every kind of alert', () => {
  for (const type of Object.keys(ALERT_KINDS) as AlertType[]) {
    const told: any = ocsfOf({ ...event, alert: { ...event.alert, type } })
    for (const name of ['activity_id', 'category_uid', 'class_uid', 'severity_id', 'time'])
      assert.equal(typeof told[name], 'number', name)
    assert.equal(told.type_uid, 200_401)
    assert.equal(typeof told.metadata.version, 'string')
    assert.equal(typeof told.metadata.product.name, 'string')
    assert.equal(typeof told.finding_info.uid, 'string')
    assert.equal(typeof told.remediation.desc, 'string')
    for (const attack of told.finding_info.attacks) assert.match(attack.technique.uid, /^T\d{4}$/)
  }
})

test('OCSF tells what became of an alert, and how it stands', () => {
  const told = (what: AlertEvent['what'], state: 'Active' | 'Dismissed' | 'Resolved') => {
    const { activity_id, status_id } = ocsfOf({ ...event, what, alert: { ...event.alert, state } })
    return [activity_id, status_id]
  }
  assert.deepEqual(told('raised', 'Active'), [1, 1])
  assert.deepEqual(told('changed', 'Active'), [2, 1])
  assert.deepEqual(told('closed', 'Dismissed'), [3, 3])
  assert.deepEqual(told('closed', 'Resolved'), [3, 4])
  assert.deepEqual(ocsfOf({ ...event, sample: true }).metadata.labels, ['sample'])
})
