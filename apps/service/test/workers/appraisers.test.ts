import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppraisalTask } from '../../src/workers/appraisal.ts'
import { Appraisers, type AppraisersOptions } from '../../src/workers/appraisers.ts'

const program = new URL('broken-appraiser.ts', import.meta.url)

function appraisers(t: TestContext, options: AppraisersOptions = {}) {
  const all = new Appraisers({ program, threads: 1, ...options })
  t.after(() => all.close())
  return (deed: string) =>
    all.appraise({ issuer: { issuer: deed, lifetimeSeconds: 1 } } as AppraisalTask)
}

test('a thread that breaks, ends or takes all memory takes its own appraisal with it, and no other', async (t) => {
  const appraise = appraisers(t)
  for (const deed of ['throw', 'exit', 'memory']) {
    const broken = appraise(deed)
    const after = appraise('affirming')
    await assert.rejects(broken, { code: 'appraiser-died' }, deed)
    assert.equal((await after).tier, 'affirming')
  }
})

test('an appraisal that takes too long is given up, and the rest of the process goes on meanwhile', async (t) => {
  const appraise = appraisers(t, { taskMs: 5_000 })
  let ticks = 0
  const ticking = setInterval(() => ticks++, 20)
  t.after(() => clearInterval(ticking))
  await assert.rejects(appraise('hang'), { code: 'appraisal-late' })
  assert.ok(ticks > 1, 'a timer is not held up')
  assert.equal((await appraise('warning')).tier, 'warning')
})

test('no more wait for a thread than may, and as many are worked on as there are threads', async (t) => {
  const appraise = appraisers(t, { threads: 2, waitingMax: 2 })
  const asked = Array.from({ length: 6 }, (_, i) => appraise(`${i}`).then(({ tier }) => tier))
  const ends = await Promise.allSettled(asked)
  const told = ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.code))
  assert.deepEqual(told, ['0', '1', '2', '3', 'appraisers-busy', 'appraisers-busy'])
})

test('a thread that nobody needed for a while is ended; until then the same one appraises', async (t) => {
  const appraise = appraisers(t, { idleMs: 300 })
  const first = (await appraise('thread')).tier
  assert.equal((await appraise('thread')).tier, first)
  await sleep(900)
  const second = (await appraise('thread')).tier
  assert.notEqual(second, first)
  assert.equal((await appraise('affirming')).tier, 'affirming')
})

test('what waits when the threads are ended has no verdict', async () => {
  const all = new Appraisers({ program, threads: 1 })
  const task = { issuer: { issuer: 'hang', lifetimeSeconds: 1 } } as AppraisalTask
  const asked = [all.appraise(task), all.appraise(task)].map((each) =>
    assert.rejects(each, { code: 'appraiser-died' }),
  )
  await all.close()
  await Promise.all(asked)
  await assert.rejects(all.appraise(task), { code: 'appraisers-busy' })
})
