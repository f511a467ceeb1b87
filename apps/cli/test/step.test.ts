import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import picocolors from 'picocolors'
import { stepsOn } from '../src/step.ts'

function told(isTerminal: boolean) {
  const lines: string[] = []
  const colors = picocolors.createColors(false)
  const step = stepsOn(
    { out: () => {}, err: (text) => lines.push(text), colors, width: 80 },
    isTerminal,
  )
  return { lines, step }
}

test('a part of some work is told when it begins, and with its time when it ends', async () => {
  const { lines, step } = told(false)
  assert.equal(await step('writing', async () => 7), 7)
  assert.equal(lines[0], 'writing …\n')
  assert.match(lines[1]!, /^writing: done in \d+\.\d s\n$/)
})

test('a part that fails says so, and the error goes on', async () => {
  const { lines, step } = told(false)
  await assert.rejects(
    step('writing', () => Promise.reject(new Error('full'))),
    /full/,
  )
  assert.match(lines.at(-1)!, /^writing: failed after /)
})

test('on a terminal the seconds pass on one line', async () => {
  const { lines, step } = told(true)
  await step('writing', () => sleep(500))
  assert.ok(lines.length >= 2)
  assert.ok(lines.every((line) => line.startsWith('\r\x1b[K')))
  assert.equal(lines.filter((line) => line.endsWith('\n')).length, 1)
})
