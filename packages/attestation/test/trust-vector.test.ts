import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '../src/appraise.ts'
import { formatCanonical } from '../src/canonical-json.ts'
import { concludeWithoutEvidence } from '../src/conclude.ts'
import { FINDINGS, type FindingId, findingOf } from '../src/finding-table.ts'
import { type AttestationResult, type Severity, tierOfFindings } from '../src/result.ts'
import { claimsOfToken } from '../src/token/token-claims.ts'
import { appraisalsOf, rowOf, TRUST_CLAIMS } from '../src/token/trust-vector.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot(), { measured: [] })
const { result } = appraiseEvidence(input)
const withFinding = (id: FindingId, severity: Severity): AttestationResult => {
  const findings = [findingOf({ id, summary: 'It is so.', severity })]
  return { ...result, findings, tier: tierOfFindings(findings) }
}

test('every finding speaks against one claim of one submodule, and none is forgotten', () => {
  for (const id of Object.keys(FINDINGS)) {
    const row = rowOf(id)
    assert.ok(row !== null, id)
    assert.ok(TRUST_CLAIMS.includes(row.claim))
  }
})

test('the worst submodule has the tier of the result, whatever was found and however bad', () => {
  for (const id of Object.keys(FINDINGS) as FindingId[])
    for (const severity of ['info', 'low', 'medium', 'high'] as const) {
      const told = withFinding(id, severity)
      const { platform, boot } = appraisalsOf(told)
      const order = ['none', 'affirming', 'warning', 'contraindicated']
      const worst = Math.max(...[platform, boot].map(({ tier }) => order.indexOf(tier)))
      assert.equal(order[worst], told.tier, `${id} ${severity}`)
    }
})

test('a clean boot is affirmed: the instance, its configuration and what booted, and no more than that', () => {
  const { platform, boot } = appraisalsOf(result)
  const claimed = (vector: object) => Object.entries(vector).filter(([, value]) => value !== 0)
  assert.deepEqual(claimed(platform.vector), [['instance-identity', 2]])
  assert.deepEqual(claimed(boot.vector), [
    ['configuration', 2],
    ['executables', 3],
  ])
  assert.deepEqual([platform.tier, boot.tier], ['affirming', 'affirming'])
})

test('a finding is said in the words of AR4SI', () => {
  const value = (id: FindingId, severity: Severity) => {
    const row = rowOf(id)!
    return appraisalsOf(withFinding(id, severity))[row.submodule].vector[row.claim]
  }
  assert.equal(value('quote.signature', 'high'), 99)
  assert.equal(value('attestation-key.foreign', 'high'), 97)
  assert.equal(value('vtpm.rolled-back', 'high'), 96)
  assert.equal(value('secure-boot.off', 'high'), 96)
  assert.equal(value('reference-values.missing', 'low'), 33)
  assert.equal(value('eventlog.replay', 'high'), 99)
  assert.equal(value('kernel.changed', 'high'), 96)
  assert.equal(value('secure-boot.off', 'info'), 2)
})

test('without evidence there is no claim and no tier', () => {
  const { evidence: _, ...without } = input
  const none = concludeWithoutEvidence(without, 'timeout')
  for (const { tier, vector } of Object.values(appraisalsOf(none))) {
    assert.equal(tier, 'none')
    assert.deepEqual(new Set(Object.values(vector)), new Set([0]))
  }
})

const issuer = { issuer: 'https://a.example', audience: null, lifetimeSeconds: 60 }
type Said = Record<string, any>
const said = (given: AttestationResult) =>
  JSON.parse(formatCanonical(claimsOfToken(given, 'ab', input.time, issuer))) as Said

test('EAR is said under the names of its draft and under those that readers of its earlier form know', () => {
  const claims = said(result)
  assert.equal(claims.eat_profile, 'tag:ietf.org,2026:rats/ear#04')
  for (const [ours, earlier] of [
    ['ear_status', 'ear.status'],
    ['ear_verifier_id', 'ear.verifier-id'],
  ] as const)
    assert.deepEqual(claims[ours], claims[earlier])
  for (const one of Object.values(claims.submods as Said) as Said[]) {
    assert.deepEqual(one.ear_trustworthiness_vector, one['ear.trustworthiness-vector'])
    assert.deepEqual(Object.keys(one.ear_trustworthiness_vector).sort(), [...TRUST_CLAIMS].sort())
    assert.deepEqual(one.ear_appraisal_policy_ids, [one['ear.appraisal-policy-id']])
  }
})

test("Azure's names say what is shown, and are not there where nothing is", () => {
  const names = (claims: Said) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => /^(x-ms|secureboot)/.test(name)))
  assert.deepEqual(names(said(result)), {
    secureboot: true,
    'x-ms-attestation-type': 'azurevm',
    'x-ms-azurevm-attestation-protocol-ver': '2.0',
    'x-ms-azurevm-attested-pcrs': input.expectation.pcrs,
    'x-ms-azurevm-vmid': 'vm-1',
    'x-ms-azurevm-is-windows': false,
    'x-ms-azurevm-dbvalidated': true,
    'x-ms-azurevm-dbxvalidated': true,
  })
  const bare = names(said({ ...result, references: null }))
  assert.ok(!('x-ms-azurevm-dbvalidated' in bare))
  const changed = names(said(withFinding('secure-boot-variables.changed', 'high')))
  assert.equal(changed['x-ms-azurevm-dbvalidated'], false)
})

test('what is not verified makes no claim true: secureboot is false without a verified one', () => {
  const claim = { value: true, verified: false, events: [] }
  const doubtful = { ...result, claims: { ...result.claims, 'secure-boot': claim } }
  assert.equal(said(doubtful).secureboot, false)
  assert.deepEqual(said(doubtful).claims['secure-boot'], { value: true, verified: false })
  assert.equal(said({ ...result, claims: {} }).secureboot, false)
})

test('a claim of Windows is said under its name in Azure, and a long one only in the record', () => {
  const claim = (value: unknown) => ({ value, verified: true, events: [] }) as never
  const claims = { 'windows-test-signing': claim(false), long: claim('x'.repeat(200)) }
  const told = said({ ...result, claims })
  assert.equal(told['x-ms-azurevm-testsigning-enabled'], false)
  assert.ok(!('long' in told.claims))
})

test('any number of findings makes no token longer than its limit: the weightiest are named', () => {
  const many = Array.from({ length: 5000 }, () => result.findings[0] ?? noted)
  const told = said({ ...result, findings: many })
  assert.equal(told.findings.length, 32)
  assert.equal(told.findingsTotal, 5000)
})
const noted = findingOf({ id: 'ima.unexpected-file', summary: 'It is so.' })
