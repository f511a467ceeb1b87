import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followed } from '../../src/jobs/followed.ts'
import { Cancelled, type Job } from '../../src/jobs/worker.ts'

function aJob(isCancelled: boolean, signal = new AbortController().signal) {
  const told: string[] = []
  const job = {
    signal,
    isCancelled: async () => isCancelled,
    tell: async (_: number, step: string) => void told.push(step),
  } as unknown as Job
  return { job, told }
}

const untilEnded = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )

test('what is fetched is told step by step, and ends as cancelled within seconds of being asked to', async () => {
  const { job, told } = aJob(true)
  const working = followed(job, (tell, signal) => {
    tell('fetching: 1 MiB')
    return untilEnded(signal)
  })
  await assert.rejects(working, Cancelled)
  assert.deepEqual(told, ['fetching: 1 MiB'])
  assert.equal(await followed(aJob(false).job, async () => 7), 7)
})

test('who loses its claim is not cancelled: another goes on', async () => {
  const lost = new AbortController()
  const working = followed(aJob(false, lost.signal).job, (_, signal) => untilEnded(signal))
  lost.abort(new Error('cut off'))
  await assert.rejects(working, /cut off/)
})
