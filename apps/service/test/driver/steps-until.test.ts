import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsUntil } from '../../src/driver/steps-until.ts'

test('a build begins no step once its signal ended, and tells those that it begins', async () => {
  const told: string[] = []
  const controller = new AbortController()
  const step = stepsUntil(controller.signal, (title) => told.push(title))
  assert.equal(await step('download', async () => 1), 1)
  controller.abort()
  await assert.rejects(async () => step('write', () => assert.fail('it is begun')), {
    name: 'AbortError',
  })
  assert.deepEqual(told, ['download'])
})
