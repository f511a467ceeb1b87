import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '../src/alert.ts'
import { newsOf, summaryOf } from '../src/alert-news.ts'
import { detect } from '../src/detect.ts'
import { seen, verdict } from './facts.ts'

const drift = (actual: string): Alert =>
  detect([], seen(verdict({ id: 'kernel.changed', actual })))[0]!.alert

test('what is new is told: an alert that is raised, another finding or state, and its end', () => {
  const alert = drift('a')
  const closed = { ...alert, state: 'Resolved' } as const
  const table: [Alert | null, Alert, string | null][] = [
    [null, alert, 'raised'],
    [null, closed, 'closed'],
    [alert, { ...alert, count: 2, lastSeen: alert.lastSeen + 1 }, null],
    [alert, drift('b'), 'changed'],
    [alert, { ...alert, severity: 'high' }, 'changed'],
    [alert, { ...alert, isPresent: false }, 'changed'],
    [alert, { ...alert, state: 'InProgress' }, 'changed'],
    [alert, closed, 'closed'],
    [closed, alert, 'raised'],
    [closed, { ...closed, count: 9 }, null],
  ]
  for (const [before, after, news] of table) assert.equal(newsOf(before, after), news)
})

test('what others are told of an alert names its components and findings, and shows nothing measured', () => {
  const summary = summaryOf(drift('SECRET'))
  assert.deepEqual(summary.findings, ['kernel.changed'])
  assert.equal(summary.components.length, 1)
  assert.doesNotMatch(JSON.stringify(summary), /SECRET/)
})
