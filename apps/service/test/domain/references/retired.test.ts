import assert from 'node:assert/strict'
import { test } from 'node:test'
import { affirmed, type Boots, foretoldNow } from '../../../src/domain/references/boots.ts'
import type { KeptReference } from '../../../src/domain/references/kept.ts'
import { isRetired } from '../../../src/domain/references/retired.ts'

const DAY_MS = 86_400_000
const none: Boots = { foretold: null, affirmedAt: null, good: {} }
const approved = (variant: string, supersedes: string | null, at: number) =>
  ({ variant, supersedes, at }) as KeptReference

function booted(variant: string, times: number): Boots {
  let boots = none
  for (let i = 0; i < times; i++) boots = affirmed(boots, variant, i, i)
  return boots
}

test('a variant retires after so many good boots of the one that supersedes it, or by date; the newest never', () => {
  const all = [approved('new', 'old', 10)]
  const old = { variant: 'old', at: 0 }
  assert.ok(!isRetired(old, all, booted('new', 2), { boots: 3, days: null }, 10))
  assert.ok(isRetired(old, all, booted('new', 3), { boots: 3, days: null }, 10))
  assert.ok(!isRetired(old, all, none, { boots: null, days: 1 }, 9 + DAY_MS))
  assert.ok(isRetired(old, all, none, { boots: null, days: 1 }, 10 + DAY_MS))
  assert.ok(!isRetired(old, all, booted('new', 99), { boots: null, days: null }, 99 * DAY_MS))
  assert.ok(
    !isRetired({ variant: 'new', at: 10 }, all, booted('new', 9), { boots: 1, days: 1 }, 9e15),
  )
})

test('of two that supersede each other the later approved one stays', () => {
  const all = [approved('a', 'b', 20), approved('b', 'a', 10)]
  const boots = affirmed(booted('a', 5), 'b', 77, 7)
  const retirement = { boots: 1, days: null }
  assert.ok(!isRetired({ variant: 'a', at: 20 }, all, boots, retirement, 30))
  assert.ok(isRetired({ variant: 'b', at: 10 }, all, boots, retirement, 30))
})

test('a boot counts once, however often it is asked, and of 65 variants the one longest not booted is forgotten', () => {
  const twice = affirmed(affirmed(none, 'v', 4, 1), 'v', 4, 2)
  assert.deepEqual([twice.good.v, twice.affirmedAt], [{ count: 1, last: 4 }, 1])
  let boots = none
  for (let i = 0; i < 65; i++) boots = affirmed(boots, `v${i}`, i, i)
  assert.equal(Object.keys(boots.good).length, 64)
  assert.equal(boots.good.v0, undefined)
})

test('what is foretold has a new version when it is something else, and none when it is nothing', () => {
  const first = foretoldNow(none, 'aa', 1)
  assert.deepEqual(first.foretold, { sha256: 'aa', version: 1, since: 1 })
  assert.equal(foretoldNow(first, 'aa', 2), first)
  assert.deepEqual(foretoldNow(first, 'bb', 3).foretold, { sha256: 'bb', version: 2, since: 3 })
  assert.equal(foretoldNow(first, null, 4).foretold, null)
})
