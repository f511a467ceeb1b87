import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '@trusted-launch/codec/check'
import { type CounterState, type CountersNow, compareCounters } from '../src/memory/counters.ts'

const now = (changes: Partial<CountersNow> = {}): CountersNow => ({
  resetCount: 5,
  restartCount: 1,
  clock: '1000',
  safe: true,
  hostResets: 7,
  obfuscated: false,
  cleared: false,
  ...changes,
})
const { obfuscated: _, cleared: __, ...before } = now()
const told = (changes: Partial<CountersNow>, state: CounterState | null = before) => {
  const { findings, next } = compareCounters(state, now(changes))
  return { ids: findings.map(({ id }) => id), kept: next === state }
}

test('what is seen first is taken, and growing counters are remembered', () => {
  assert.deepEqual(compareCounters(null, now()), { findings: [], next: before })
  const later = now({ resetCount: 6, restartCount: 0, clock: '3', hostResets: 8, safe: false })
  const { findings, next } = compareCounters(before, later)
  assert.deepEqual(findings, [])
  assert.deepEqual([next!.resetCount, next!.safe], [6, false])
})

test('counters that fall are an older vTPM, and nothing of it is remembered', () => {
  for (const fallen of [{ resetCount: 4, restartCount: 9 }, { restartCount: 0 }])
    assert.deepEqual(told(fallen), { ids: ['vtpm.counters.fallen'], kept: true })
})

test('the clock is compared only while neither counter moved', () => {
  assert.deepEqual(told({ clock: '999' }), { ids: ['vtpm.clock.fallen'], kept: true })
  assert.deepEqual(told({ clock: '1000' }).ids, [])
  assert.deepEqual(told({ clock: '1', restartCount: 2 }).ids, [])
  assert.deepEqual(told({ clock: '1', resetCount: 6, restartCount: 0, hostResets: 8 }).ids, [])
  const long = { ...before, clock: '18446744073709551614' }
  assert.deepEqual(told({ clock: '18446744073709551615' }, long).ids, [])
  assert.deepEqual(told({ clock: '18446744073709551613' }, long).ids, ['vtpm.clock.fallen'])
})

test('resetCount grows by as many starts as the host saw', () => {
  const grown = (resetCount: number, hostResets: number | null) =>
    told({ resetCount, hostResets, restartCount: 0 })
  assert.deepEqual(grown(8, 10), { ids: [], kept: false })
  assert.deepEqual(grown(8, 9), { ids: ['vtpm.resets.unseen'], kept: false })
  assert.deepEqual(grown(6, 9), { ids: ['vtpm.resets.missing'], kept: true })
  assert.deepEqual(grown(8, null), { ids: [], kept: false })
  assert.deepEqual(told({ resetCount: 9 }, { ...before, hostResets: null }).ids, [])
})

test('after a start that its host did not see, the host counts anew: nothing is missing then', () => {
  const { next } = compareCounters(before, now({ resetCount: 6, hostResets: 7 }))
  assert.equal(next!.resetCount, 6)
  const again = compareCounters(next, now({ resetCount: 6, hostResets: 8 }))
  assert.deepEqual(again.findings, [])
  assert.deepEqual(told({ resetCount: 6, hostResets: 9 }, again.next).ids, ['vtpm.resets.missing'])
})

test('a cleared vTPM starts anew when its index goes on', () => {
  assert.deepEqual(told({ resetCount: 0, clock: '1', cleared: true }), { ids: [], kept: false })
})

test('disguised counters are told as such and neither compared nor remembered', () => {
  const disguised = { obfuscated: true, resetCount: 3_565_142_818 }
  assert.deepEqual(told(disguised), { ids: ['vtpm.counters.obfuscated'], kept: true })
  assert.deepEqual(told(disguised, null), { ids: ['vtpm.counters.obfuscated'], kept: true })
})

/** What an honest vTPM says, answer by answer, while its host counts. */
function honestLife(random: (below: number) => number): CountersNow[] {
  let [resetCount, restartCount, clock, hostResets] = [random(9), 0, 0, random(9)]
  return Array.from({ length: 12 }, () => {
    const starts = random(3)
    if (starts > 0) {
      ;[resetCount, hostResets, restartCount, clock] = [
        resetCount + starts,
        hostResets + starts,
        0,
        random(clock + 1),
      ]
    } else if (random(4) === 0) [restartCount, clock] = [restartCount + 1, random(clock + 1)]
    clock += 1 + random(50)
    return now({ resetCount, restartCount, clock: `${clock}`, hostResets, safe: random(2) === 0 })
  })
}

test('an honest vTPM is never suspected; the same answer again changes nothing; an older one is refused', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomFrom(seed)
    const answers = honestLife(random)
    let state: CounterState | null = null
    for (const [i, answer] of answers.entries()) {
      const { findings, next } = compareCounters(state, answer)
      assert.deepEqual(findings, [], `seed ${seed}, answer ${i}`)
      assert.deepEqual(compareCounters(next, answer), { findings: [], next })
      state = next
      const older = answers[random(i + 1)]!
      const replayed = compareCounters(state, { ...older, hostResets: null })
      if (older !== answer && older.clock !== answer.clock) {
        assert.equal(replayed.findings.length, 1, `seed ${seed}, answer ${i}`)
        assert.equal(replayed.next, state)
      }
    }
  }
})
