import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent } from '../../src/domain/store.ts'
import { FailedRequests } from '../../src/http/failed-requests.ts'
import { event } from '../store/samples.ts'

const HOUR_MS = 3_600_000

function aLog() {
  const entries: AuditEvent[] = []
  const state = { now: 1_000, isDown: false }
  const append = async (entry: AuditEvent) => {
    if (state.isDown) throw new Error('the audit takes nothing')
    entries.push(entry)
    return entry as never
  }
  const failures = new FailedRequests({ append }, () => state.now)
  const enter = (principal: string, from = 'x') =>
    failures.enter({ ...event('write', state.now), result: 'Conflict', principal, from })
  return { entries, state, failures, enter }
}

const counts = (entries: readonly AuditEvent[]) =>
  entries.flatMap(({ principal, from, result, count }) =>
    count === undefined ? [] : [[principal, from, result, count]],
  )

test('of one caller sixty an hour are written, whatever the address, and one entry counts the others', async () => {
  const { entries, state, failures, enter } = aLog()
  for (let i = 0; i < 100; i++) await enter('ann', `address ${i}`)
  await enter('bob')
  await failures.flush()
  assert.equal(entries.length, 61)
  state.now += HOUR_MS
  await failures.flush()
  assert.deepEqual(counts(entries), [['ann', 'address 99', 'MoreFailures', 40]])
  assert.equal(entries.at(-1)!.at, state.now)
  for (let i = 0; i < 61; i++) await enter('ann')
  assert.equal(entries.length, 122)
  await failures.close()
  await failures.close()
  assert.deepEqual(counts(entries).slice(1), [['ann', 'x', 'MoreFailures', 1]])
})

test('addresses without end have two thousand entries an hour and one that counts, and take no caller’s', async () => {
  const { entries, failures, enter } = aLog()
  for (let i = 0; i < 5_000; i++) await enter('-', `address ${i}`)
  for (let i = 0; i < 100; i++) await enter('-', 'address 0')
  assert.equal(entries.length, 2_000)
  await enter('ann')
  assert.equal(entries.at(-1)!.principal, 'ann')
  await failures.close()
  assert.deepEqual(counts(entries), [['-', '-', 'MoreFailures', 3_100]])
})

test('what cannot be written now is written with the next', async () => {
  const { entries, state, enter, failures } = aLog()
  state.isDown = true
  await assert.rejects(enter('ann'), /takes nothing/)
  await assert.rejects(failures.flush(), /takes nothing/)
  state.isDown = false
  await enter('bob')
  assert.deepEqual(
    entries.map(({ principal }) => principal),
    ['ann', 'bob'],
  )
})
