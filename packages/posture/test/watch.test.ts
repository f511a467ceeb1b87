import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_WATCH, silenceOf, type Watch, type WatchEvent, watch } from '../src/watch.ts'
import { hour, minute, start } from './facts.ts'

const allowed = { intervalMs: hour, silenceMs: 10 * minute }
const at = (minutes: number) => start + minutes * minute
const started = (minutes: number): WatchEvent => ({ kind: 'started', time: at(minutes) })
const reset = (minutes: number): WatchEvent => ({ kind: 'reset', time: at(minutes) })
const stopped = (minutes: number): WatchEvent => ({ kind: 'stopped', time: at(minutes) })
const answered = (minutes: number): WatchEvent => ({ kind: 'answered', asked: at(minutes) })
const after = (...events: WatchEvent[]) => events.reduce<Watch>(watch, NO_WATCH)
const silentAt = (minutes: number, ...events: WatchEvent[]) =>
  silenceOf(after(...events), allowed, at(minutes))?.isOver ?? null

test('a VM that started has to answer by its deadline', () => {
  assert.deepEqual([silentAt(9.9, started(0)), silentAt(10, started(0))], [false, true])
  assert.equal(silentAt(60, started(0), answered(5)), false)
})

test('an answer begins an interval, and then a deadline', () => {
  assert.equal(silentAt(5 + 60 + 9, started(0), answered(5)), false)
  assert.equal(silentAt(5 + 60 + 10, started(0), answered(5)), true)
})

test('a reset opens a deadline of its own, without waiting for the agent or the interval', () => {
  const events = [started(0), answered(1), reset(20)]
  assert.equal(silentAt(29, ...events), false)
  assert.equal(silentAt(30, ...events), true)
})

test('a guest that resets itself over and over is silent, too', () => {
  const resets = Array.from({ length: 20 }, (_, i) => reset(20 + i))
  assert.equal(silentAt(39, started(0), answered(1), ...resets), true)
})

test('an answer that was asked for before a reset is none of the boot after it', () => {
  const late = [started(0), answered(1), reset(20), answered(19)]
  assert.equal(silentAt(30, ...late), true)
  assert.equal(silentAt(60, ...late, answered(25)), false)
  assert.equal(after(started(0), reset(20), answered(20)).awaitedSince, null)
  const between = [started(0), reset(20), reset(40), answered(30)]
  assert.equal(after(...between).awaitedSince, at(40))
})

test('a VM that is stopped is not silent, and a start begins anew', () => {
  assert.equal(silentAt(500, started(0), stopped(5)), null)
  assert.equal(silentAt(509, started(0), stopped(5), started(500)), false)
  assert.equal(silentAt(510, started(0), stopped(5), started(500)), true)
  assert.equal(silenceOf(NO_WATCH, allowed, start), null)
})

test('resets are counted as a vTPM counts them: each start and each reset', () => {
  assert.equal(after(started(0), reset(1), answered(2), reset(3), stopped(4), started(5)).resets, 4)
})

test('a silence says since when, and by when', () => {
  assert.deepEqual(silenceOf(after(started(0)), allowed, at(3)), {
    since: at(0),
    deadline: at(10),
    isOver: false,
  })
})
