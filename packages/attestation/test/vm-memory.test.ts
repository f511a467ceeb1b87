import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, MalformedError, toHex, toUtf8 } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { compareBoot } from '../src/memory/one-boot.ts'
import { clearFailure } from '../src/memory/standing.ts'
import {
  encodeMemory,
  NO_MEMORY,
  parseMemory,
  remember,
  rememberQuestion,
  rememberSilence,
  type VmMemory,
  withMemory,
} from '../src/memory/vm-memory.ts'
import { appraisalsOf } from '../src/token/trust-vector.ts'
import { quoteOf, rollbackOf } from './attester.ts'
import { cleanBoot, commandLine, evidenceOf, type Step } from './boot.ts'

const good = evidenceOf(cleanBoot(), { measured: [] })
const other: Step[] = cleanBoot().map((step) =>
  step.component === 'kernel command line' ? commandLine('/vmlinuz single') : step,
)
const bad = evidenceOf(other, { measured: [] })

/** The same evidence with other counters. */
function counted(input: AppraisalInput, resetCount: number, at = input.time): AppraisalInput {
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest }) => [index, digest]))
    return quoteOf(bank, values, { resetCount })
  })
  return { ...input, evidence: { ...input.evidence, quotes }, time: at }
}
function told(memory: VmMemory, input: AppraisalInput, hostResets: number | null = null) {
  const appraised = appraiseEvidence(input)
  const remembered = remember(memory, input, appraised, hostResets)
  return { ...remembered, result: appraised.result, ids: remembered.findings.map(({ id }) => id) }
}

test('a failure stays through reboots, silence and good answers, until somebody clears it', () => {
  assert.equal(told(NO_MEMORY, good).tier, 'affirming')
  const failed = told(NO_MEMORY, bad)
  assert.equal(failed.tier, 'contraindicated')
  const rebooted = told(failed.next, counted(good, 4))
  assert.deepEqual([rebooted.tier, rebooted.ids], ['contraindicated', ['verdict.failed-before']])
  const silent = rememberSilence(rebooted.next, good.time)
  assert.deepEqual([silent.tier, silent.findings.map(({ id }) => id)], ['none', ['verdict.silent']])
  const after = told(silent.next, counted(good, 5))
  assert.deepEqual(after.ids, ['verdict.failed-before'])
  const clearance = { by: 'an operator', reason: 'the command line was changed on purpose' }
  const at = { ...clearance, time: good.time }
  const cleared = { ...after.next, standing: clearFailure(after.next.standing, at) }
  const passed = told(cleared, counted(good, 6))
  assert.deepEqual([passed.tier, passed.ids], ['affirming', []])
  assert.deepEqual(passed.next.standing.clearance, at)
})

test('a failure is cleared by somebody, for a reason, and not before it happened', () => {
  const { standing } = told(NO_MEMORY, bad).next
  const sound = { by: 'a', reason: 'b', time: bad.time }
  assert.equal(clearFailure(standing, sound).failure, null)
  for (const unsound of [
    { by: ' ' },
    { reason: '' },
    { time: bad.time - 1 },
    { by: 'a'.repeat(257) },
  ])
    assert.throws(() => clearFailure(standing, { ...sound, ...unsound }), RangeError)
  assert.throws(() => clearFailure(NO_MEMORY.standing, sound), RangeError)
})

test('after any order of answers and silences the VM passes only if nothing failed since the last clearance', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed)
    let [memory, failed, resets] = [NO_MEMORY, false, 3]
    for (let step = 0; step < 8; step++) {
      const kind = random(4)
      if (kind === 0) memory = rememberSilence(memory, good.time).next
      else if (kind === 1 && memory.standing.failure !== null) {
        const clearance = { by: 'a', reason: 'b', time: good.time }
        memory = { ...memory, standing: clearFailure(memory.standing, clearance) }
        failed = false
      } else {
        const input = counted(kind === 2 ? bad : good, ++resets)
        const { tier, next } = told(memory, input)
        failed ||= kind === 2
        assert.equal(tier, failed ? 'contraindicated' : 'affirming', `seed ${seed}, step ${step}`)
        memory = parseMemory(encodeMemory(next))
      }
    }
  }
})

test('the same verdict again leaves the memory as it is: killed before it was stored, it is made again', () => {
  for (const input of [good, bad]) {
    const { next } = told(NO_MEMORY, input)
    assert.deepEqual(told(NO_MEMORY, input).next, next)
    assert.deepEqual(told(next, input).next, next)
  }
})

test('an older boot, or one that the host did not see, is found; what speaks against a vTPM is not remembered', () => {
  const { next } = told(NO_MEMORY, counted(good, 8), 2)
  const older = told(next, counted(good, 7), 2)
  assert.deepEqual([older.tier, older.ids[0]], ['contraindicated', 'vtpm.counters.fallen'])
  assert.deepEqual([older.next.counters, older.next.boot], [next.counters, next.boot])
  assert.deepEqual(told(next, counted(good, 9), 2).ids, ['vtpm.resets.unseen'])
  assert.deepEqual(told(next, counted(good, 9), 3).ids, [])
})

test('counters of an imported key are disguised, perhaps: not compared', () => {
  const { next } = told(NO_MEMORY, counted(good, 8))
  const key = appraiseEvidence(good).result
  assert.ok(key.counters !== null)
  const imported = counted(good, 7)
  const appraised = appraiseEvidence(imported)
  const given = { ...imported, expectation: { ...imported.expectation, givenKey: {} as never } }
  const { findings, tier } = remember(next, given, appraised, null)
  assert.deepEqual(
    [tier, findings.map(({ id }) => id)],
    ['affirming', ['vtpm.counters.obfuscated']],
  )
})

const entry = (text: string) => toUtf8(`${text};`)
const list = (...texts: string[]) => concat(...texts.map(entry))
const boot = (resetCount: number, logs: Partial<AppraisalInput['evidence']>) => ({
  resetCount,
  evidence: { ...good.evidence, userspaceLog: list('u'), imaLog: list('a', 'b'), ...logs },
})

test('within one boot each log begins with what it held before', () => {
  const { next } = compareBoot(null, boot(3, {}))
  const ids = (logs: Partial<AppraisalInput['evidence']>, resetCount = 3) =>
    compareBoot(next, boot(resetCount, logs)).findings.map(({ id }) => id)
  assert.deepEqual(ids({}), [])
  assert.deepEqual(ids({ imaLog: list('a', 'b', 'c'), userspaceLog: list('u', 'v') }), [])
  for (const imaLog of [list('a'), list('b', 'a'), list('a', 'c', 'b'), list(), null])
    assert.deepEqual(ids({ imaLog }), ['ima.not-continued'])
  assert.deepEqual(ids({ userspaceLog: null }), ['userspace-log.not-continued'])
  assert.deepEqual(ids({ eventLog: null }), ['eventlog.not-continued'])
  assert.deepEqual(ids({ imaLog: list('z'), userspaceLog: null, eventLog: null }, 4), [])
})

test('a log that appears later in a boot is taken, and a refused one is not remembered', () => {
  const first = compareBoot(null, boot(3, { userspaceLog: null }))
  const second = compareBoot(first.next, boot(3, {}))
  assert.deepEqual(second.findings, [])
  const third = compareBoot(second.next, boot(3, { imaLog: list('a') }))
  assert.equal(third.next, second.next)
})

test('over any cuts of one growing list no answer is refused, and none that was cut back is taken', () => {
  const random = randomFrom(11)
  const whole = list(...Array.from({ length: 60 }, (_, i) => `file-${i}`))
  for (let round = 0; round < 50; round++) {
    let [state, size] = [compareBoot(null, boot(3, { imaLog: whole.subarray(0, 0) })).next, 0]
    for (let step = 0; step < 10; step++) {
      const to = random(whole.length + 1)
      const { findings, next } = compareBoot(state, boot(3, { imaLog: whole.subarray(0, to) }))
      assert.equal(findings.length, to < size ? 1 : 0)
      if (to >= size) [state, size] = [next, to]
    }
  }
})

test('the index is remembered whatever the verdict: the next answer is no rollback', () => {
  const [a, b] = ['a', 'b'].map((text) => digest('sha256', toUtf8(text))) as [
    Uint8Array,
    Uint8Array,
  ]
  const asked = (
    memory: VmMemory,
    nonces: Uint8Array[],
    input: AppraisalInput,
    resetCount = 3,
  ) => ({
    ...input,
    evidence: {
      ...counted(input, resetCount).evidence,
      rollback: rollbackOf(nonces, { resetCount }),
    },
    expectation: {
      ...input.expectation,
      rollback: { nonce: nonces.at(-1)!, state: memory.rollback },
    },
  })
  const before = rememberQuestion(NO_MEMORY, 1, a)
  assert.deepEqual(before.rollback.unanswered, [toHex(a)])
  const failed = told(before, asked(before, [a], bad))
  assert.deepEqual(failed.next.rollback.unanswered, [])
  const again = rememberQuestion(failed.next, 1, b)
  const second = told(again, asked(again, [a, b], good, 4))
  assert.deepEqual(second.ids, ['verdict.failed-before'])
  const back = told(again, asked(again, [b], good, 4))
  assert.ok(back.result.findings.some(({ id }) => id === 'vtpm.rolled-back'))
  assert.deepEqual(back.next.rollback, again.rollback)
})

test('a new vTPM has counters, logs and an index of its own; the failure of the VM stays', () => {
  const failed = told(NO_MEMORY, counted(bad, 8)).next
  const again = rememberQuestion(failed, 2, new Uint8Array(32))
  assert.deepEqual([again.generation, again.counters, again.boot], [2, null, null])
  assert.deepEqual(again.rollback, { ...NO_MEMORY.rollback, unanswered: ['00'.repeat(32)] })
  assert.deepEqual(again.standing, failed.standing)
  assert.equal(rememberQuestion(again, 1, new Uint8Array(32)).generation, 2)
})

test('questions that nobody answers are remembered, eight of them', () => {
  let memory = NO_MEMORY
  for (let i = 0; i < 12; i++) memory = rememberQuestion(memory, 1, new Uint8Array(32).fill(i))
  assert.equal(memory.rollback.unanswered.length, 8)
  assert.equal(memory.rollback.unanswered[0], '04'.repeat(32))
})

test('a relying party has the verdict with what memory found: never a better one', () => {
  const failed = told(NO_MEMORY, bad)
  const after = told(failed.next, counted(good, 4))
  assert.equal(after.result.tier, 'affirming')
  const given = withMemory(after.result, after)
  assert.equal(given.tier, 'contraindicated')
  assert.equal(given.findings[0]?.id, 'verdict.failed-before')
  assert.equal(appraisalsOf(given).platform.tier, 'contraindicated')
  const passed = told(NO_MEMORY, good)
  assert.deepEqual(withMemory(passed.result, passed), passed.result)
})

test('a stored memory comes back, and is refused when anything of it is not what it must be', () => {
  const { next } = told(NO_MEMORY, bad, 3)
  assert.deepEqual(parseMemory(encodeMemory(next)), next)
  const stored = (value: unknown) => parseMemory(toUtf8(JSON.stringify(value)))
  for (const broken of [
    {},
    { ...next, version: 2 },
    { ...next, more: 1 },
    { ...next, standing: null },
    { ...next, standing: { ...next.standing, failure: {} } },
    { ...next, counters: { ...next.counters, clock: '-1' } },
    { ...next, counters: { ...next.counters, resetCount: 2 ** 32 } },
    { ...next, boot: { ...next.boot, imaLog: { bytes: 1, sha256: 'zz' } } },
  ])
    assert.throws(() => stored(broken), MalformedError)
})
