import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Together } from '../../src/jobs/together.ts'

test('works that come soon after one another are begun together, in their order, and each has its own end', async () => {
  const together = new Together()
  const begun: number[] = []
  const done = [0, 1, 2].map((i) =>
    together.run(async () => {
      begun.push(i)
      if (i === 1) throw new Error('of the second')
      return i
    }),
  )
  assert.deepEqual(begun, [])
  const ends = await Promise.allSettled(done)
  assert.deepEqual(begun, [0, 1, 2])
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('many do not wait for more, and one alone does not wait for long', async () => {
  const together = new Together()
  let begun = 0
  const all = Array.from({ length: 33 }, () => together.run(async () => begun++))
  assert.equal(begun, 32)
  await sleep(100)
  assert.equal(begun, 33)
  await Promise.all(all)
})
