import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { appraiseEvidence } from '../src/appraise.ts'
import { hexValues, inputOf, quoteOf } from './attester.ts'
import { corpus, readCorpus } from './corpus.ts'

const folder = join(corpus, 'derived-attacks/expected')
const skip = existsSync(folder) ? false : `no derived attacks at ${folder} (set EVIDENCE_CORPUS)`
const names = skip === false ? readdirSync(folder).map((file) => file.replace(/\.json$/, '')) : []

function appraise(name: string) {
  const expected = JSON.parse(
    new TextDecoder().decode(readCorpus('derived-attacks/expected', `${name}.json`)),
  )
  const quote = quoteOf('sha256', hexValues(expected.quotedPcrs.sha256))
  const log = readCorpus('derived-attacks', `${name}.bin`)
  return { expected, appraised: appraiseEvidence(inputOf([quote], log)) }
}

test('there are attack logs to refuse', { skip }, () => assert.ok(names.length > 20))

/** What a genuine log of another machine may earn: those are about policy, not about the log. */
const policyIds = ['secure-boot.off', 'reference-values.missing']

for (const name of names)
  test(`${name} ends as its description says`, () => {
    const { expected, appraised } = appraise(name)
    const { tier, findings, claims } = appraised.result
    const faults = findings.filter(({ id }) => !policyIds.includes(id))
    const refused = faults.some(({ severity }) => severity === 'high')
    assert.notEqual(tier, 'affirming')
    if (expected.expect === 'reject') assert.ok(refused, 'accepted')
    if (expected.expect === 'accept') assert.ok(!refused, `refused: ${faults[0]?.id}`)
    if (expected.expect.includes('flag') && !refused) assert.ok(findings.length > 0)
    if (expected.expect.startsWith('accept-as-off') && !refused)
      assert.equal(claims['secure-boot']?.value, false)
  })
