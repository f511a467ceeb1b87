import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviationChecks } from '../src/checks/deviations.ts'
import type { VerifiedEventLog } from '../src/verify-event-log.ts'

const noQuirks = deviationChecks.find(({ title }) => title === 'deviations are named')!

/** Processor time of telling so many events that are understood by one deviation, the least of three. */
function msOf(count: number): number {
  const explanation = { quirk: 'text-with-nul', status: 'verified' }
  const events = Array.from({ length: count }, (_, index) => ({ index, explanation }))
  const spent = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    const found = noQuirks.run({ events } as unknown as VerifiedEventLog)
    const { user, system } = process.cpuUsage(before)
    assert.equal(found[0]!.events!.length, count)
    return (user + system) / 1000
  })
  return Math.min(...spent)
}

test('events that are understood by a deviation are told in a time that goes by their number', () => {
  msOf(1000)
  const [few, many] = [msOf(2000), msOf(20_000)]
  // Ten times as many: by the square it would be a hundred.
  assert.ok(many < 40 * Math.max(few, 1), `${few} ms, then ${many} ms`)
})
