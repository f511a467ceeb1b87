import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest } from '@trusted-launch/crypto'
import { buildEventLog, encodeEventLog, replay } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { idsOf } from './appraised.ts'
import { inputOf, quoteOf, valuesOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

/**
 * Evidence that is genuine to the last signature and yet must not be affirmed: what it leaves out, or
 * puts where nobody looks. Each with the finding that says so.
 */
const forgeries: Record<string, [id: string, make: () => AppraisalInput]> = {
  'a question for SHA-1 alone': ['question.banks', sha1Alone],
  'a bank asked for twice': ['question.banks', bankTwice],
  'a PCR asked for that never is': ['question.pcrs', onePcrMore],
}

for (const [title, [id, make]] of Object.entries(forgeries))
  test(`${title} is not affirmed: ${id}`, () => {
    const appraised = appraiseEvidence(make())
    assert.ok(idsOf(appraised).includes(id as never), idsOf(appraised).join(' ') || 'no finding')
    assert.notEqual(appraised.result.tier, 'affirming')
  })

function clean(): AppraisalInput {
  return evidenceOf(cleanBoot(), { measured: [] })
}

function sha1Alone(): AppraisalInput {
  const steps = cleanBoot().map((step) => {
    const digests = new Map([['sha1' as const, digest('sha1', step.data)]])
    return { ...step, digests }
  })
  const log = buildEventLog(['sha1'], steps)
  const values = [...replay(log, 'sha1').pcrs].map(([pcr, { value }]) => [pcr, value] as const)
  return inputOf([quoteOf('sha1', valuesOf('sha1', new Map(values)))], encodeEventLog(log))
}

function bankTwice(): AppraisalInput {
  const { evidence, expectation, ...rest } = clean()
  const quotes = evidence.quotes.slice(0, 1)
  return {
    ...rest,
    evidence: { ...evidence, quotes },
    expectation: { ...expectation, banks: ['sha256', 'sha256'] },
  }
}

function onePcrMore(): AppraisalInput {
  const { evidence, expectation, ...rest } = clean()
  const quotes = evidence.quotes.map(({ bank, pcrs }) => {
    const values = pcrs.map(({ index, digest: value }) => [index, value] as const)
    return quoteOf(bank, new Map([...values, [16, new Uint8Array(values[0]![1].length)]]))
  })
  const pcrs = [...expectation.pcrs, 16]
  return { ...rest, evidence: { ...evidence, quotes }, expectation: { ...expectation, pcrs } }
}
