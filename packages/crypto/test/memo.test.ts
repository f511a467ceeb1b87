import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Memo } from '@trusted-launch/crypto'

const key = (n: number) => Uint8Array.of(n)

test('what was made of bytes is made once, by their content and not by the array', () => {
  const memo = new Memo<object>(2)
  const first = memo.of(() => ({}), key(1))
  assert.equal(
    memo.of(() => assert.fail('made again'), key(1)),
    first,
  )
  assert.notEqual(
    memo.of(() => ({}), key(2)),
    first,
  )
})

test('it holds no more than it may, and lets go of what was unused for longest', () => {
  const memo = new Memo<number>(2)
  const made: number[] = []
  const ask = (n: number) => memo.of(() => made.push(n), key(n))
  for (const n of [1, 2, 1, 3, 1, 2]) ask(n)
  assert.deepEqual([made, memo.size], [[1, 2, 3, 2], 2])
  memo.forget()
  assert.equal(memo.size, 0)
})

test('an error is thrown each time', () => {
  const memo = new Memo<number>(2)
  for (let i = 0; i < 2; i++)
    assert.throws(() =>
      memo.of(() => {
        throw new RangeError('no')
      }, key(1)),
    )
  assert.equal(memo.size, 0)
})
