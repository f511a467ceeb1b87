import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Attempts } from '../../src/identity/attempts.ts'

function attempts() {
  let now = 0
  const all = new Attempts(() => now)
  const fail = (count: number, name = 'ann', address = '::1') => {
    for (let i = 0; i < count; i++) all.failed(name, address)
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { all, fail, pass }
}

test('after five failures each further one doubles the wait, to a minute', () => {
  const { all, fail, pass } = attempts()
  fail(4)
  assert.equal(all.wait('ann', '::1'), 0)
  const waits = []
  for (let i = 0; i < 9; i++) {
    fail(1)
    waits.push(all.wait('ANN', '::1'))
    pass(all.wait('ann', '::1'))
  }
  assert.deepEqual(
    waits,
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1_000),
  )
})

test('a name that is guessed at from one address is open to all others', () => {
  const { all, fail } = attempts()
  fail(100)
  assert.ok(all.wait('ann', '::1') > 0)
  assert.equal(all.wait('ann', '::2'), 0)
})

test('an address that tries name after name waits too, and a good name buys it no more', () => {
  const { all, fail } = attempts()
  for (let i = 0; i < 19; i++) fail(1, `name ${i}`)
  assert.equal(all.wait('bob', '::1'), 0)
  all.failed('own', '::1')
  all.succeeded('own', '::1')
  assert.equal(all.wait('bob', '::1'), 0)
  fail(1, 'next')
  assert.equal(all.wait('bob', '::1'), 1_000)
  fail(1, 'another')
  assert.equal(all.wait('bob', '::1'), 2_000)
})

test('one name that fails for ever keeps nobody else at its address waiting', () => {
  const { all, fail, pass } = attempts()
  for (let i = 0; i < 200; i++) {
    pass(61_000)
    fail(1, 'old')
  }
  assert.equal(all.wait('ann', '::1'), 0)
})

test('a name that was let in from an address waits for no other there, until it fails itself', () => {
  const { all, fail } = attempts()
  all.succeeded('ann', '::1')
  for (let i = 0; i < 40; i++) fail(1, `name ${i}`)
  assert.equal(all.wait('Ann', '::1'), 0)
  assert.equal(all.wait('bob', '::1'), 60_000)
  fail(5)
  assert.equal(all.wait('ann', '::1'), 60_000)
})

test('a quarter of an hour is forgotten, and a success at once', () => {
  const { all, fail, pass } = attempts()
  fail(5)
  all.succeeded('ann', '::1')
  assert.equal(all.wait('ann', '::1'), 0)
  fail(12)
  pass(15 * 60_000)
  fail(1)
  assert.equal(all.wait('ann', '::1'), 0)
})

test('a clock that is set back makes nobody wait longer', () => {
  const { all, fail, pass } = attempts()
  fail(5)
  pass(-86_400_000)
  assert.ok(all.wait('ann', '::1') <= 1_000)
})

test('no more than ten thousand are remembered', () => {
  const { all, fail } = attempts()
  fail(5)
  for (let i = 0; i < 10_000; i++) all.failed('x', `address ${i}`)
  assert.equal(all.wait('ann', '::1'), 0)
})
