import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '@trusted-launch/codec/check'
import { type Due, inFairOrder, nextDue } from '../src/schedule.ts'
import { hour, start } from './facts.ts'

const order = (due: readonly Due[], limit = 100, now = start) =>
  inFairOrder(due, now, limit).map(({ vm }) => vm)
const due = (tenant: string, vm: string, waits: number): Due => ({ tenant, vm, due: start - waits })

test('a VM is due again within its interval, and up to a tenth of it earlier', () => {
  assert.equal(nextDue(start, hour, 0), start + hour)
  assert.equal(nextDue(start, hour, 0.999999), start + Math.floor(hour * (1 - 0.0999999)))
  const random = randomFrom(3)
  for (let i = 0; i < 1000; i++) {
    const next = nextDue(start, hour, random(1000) / 1000)
    assert.ok(next > start + 0.9 * hour - 1 && next <= start + hour)
  }
})

test('VMs that began over an hour are an hour later due at most a few at a time', () => {
  const random = randomFrom(5)
  const seconds = new Map<number, number>()
  for (let i = 0; i < 10_000; i++) {
    const at = Math.floor(
      nextDue(start + (hour * random(1e6)) / 1e6, hour, random(1e6) / 1e6) / 1000,
    )
    seconds.set(at, (seconds.get(at) ?? 0) + 1)
  }
  assert.ok(Math.max(...seconds.values()) <= 15, `${Math.max(...seconds.values())} in one second`)
})

test('only what is due is asked, and of one tenant who waits longest comes first', () => {
  const all = [
    due('a', 'young', 1),
    due('a', 'old', 9),
    due('a', 'not-yet', -1),
    due('a', 'now', 0),
  ]
  assert.deepEqual(order(all), ['old', 'young', 'now'])
  assert.deepEqual(order(all, 1), ['old'])
  assert.deepEqual(order([], 5), [])
})

test('a tenant with ten thousand that wait delays nobody who has one', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => due('many', `m${i}`, 10_000 + i))
  const taken = order([...many, due('one', 'single', 1), due('two', 'other', 2)], 4)
  assert.deepEqual(taken, ['m9999', 'other', 'single', 'm9998'])
})

test('whoever asks again and again passes nobody over', () => {
  const random = randomFrom(7)
  let waiting = Array.from({ length: 200 }, (_, i) => due(`t${random(5)}`, `v${i}`, random(1000)))
  const asked: string[] = []
  while (waiting.length > 0) {
    const taken = inFairOrder(waiting, start, 7)
    assert.ok(taken.length > 0)
    asked.push(...taken.map(({ vm }) => vm))
    waiting = waiting.filter((one) => !taken.includes(one))
  }
  assert.equal(new Set(asked).size, 200)
})
