import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { appraiseEvidence } from '../src/appraise.ts'
import { CLAIM_NAMES } from '../src/claim-names.ts'
import { applyPolicy, type Policy, parsePolicy, TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import { describeRequirement, type Requirement } from '../src/requirement.ts'
import type { Claim } from '../src/result.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const common = { when: null, severity: 'high', message: 'It is not so.' } as const
const policyOf = (...claims: unknown[]) => ({ version: 2, id: 'own', rules: {}, claims })
const parse = (value: unknown) => parsePolicy(toUtf8(JSON.stringify(value)))
const asks = (...claims: Requirement[]): Policy => parse(policyOf(...claims))
const claim = (value: Claim['value'], verified = true): Claim => ({ value, verified, events: [7] })
const told = (policy: Policy, claims: Record<string, Claim>) =>
  applyPolicy(policy, { claims }).map(({ id, severity, component, expected, actual }) => [
    id,
    severity,
    component,
    expected,
    actual,
  ])

test('a requirement is met by a verified claim alone: equal, one of several, or at least', () => {
  const cases: [Partial<Requirement>, met: Claim['value'][], not: Claim['value'][]][] = [
    [{ equals: 3 }, [3], [2, '3', true, null, [3]]],
    [{ equals: null }, [null], [0, false, '']],
    [{ oneOf: [false, null] }, [false, null], [true, 0]],
    [{ minimum: 3 }, [3, 4], [2, '4', null, true]],
  ]
  for (const [way, met, not] of cases) {
    const policy = asks({ claim: 'windows-boot-counter', ...way, ...common })
    for (const value of met) {
      assert.deepEqual(told(policy, { 'windows-boot-counter': claim(value) }), [])
      const unverified = told(policy, { 'windows-boot-counter': claim(value, false) })
      assert.equal(unverified[0]?.[4], 'not verified')
    }
    for (const value of not)
      assert.equal(told(policy, { 'windows-boot-counter': claim(value) }).length, 1)
    assert.equal(told(policy, {}).length, 1, 'a claim that nobody makes is not met')
  }
})

test('a requirement that is not met is told in its own words, with its severity and what was wanted', () => {
  const policy = asks({ claim: 'secure-boot', equals: true, ...common, severity: 'medium' })
  assert.deepEqual(told(policy, { 'secure-boot': claim(false) }), [
    ['policy.requirement', 'medium', 'claim secure-boot', 'true', 'false'],
  ])
  const [finding] = applyPolicy(policy, { claims: {} })
  assert.equal(finding!.summary, 'It is not so.')
})

test('of two requirements of one claim the graver decides, in whichever order they stand', () => {
  const of = { claim: 'boot-counter', ...common }
  const [must, should] = [
    { ...of, minimum: 5 },
    { ...of, minimum: 10, severity: 'low' as const },
  ]
  for (const both of [
    [must, should],
    [should, must],
  ]) {
    const input = { ...evidenceOf(cleanBoot()), policy: asks(...both) }
    assert.equal(appraiseEvidence(input).result.tier, 'contraindicated')
  }
})

test('a condition that is not verified to hold asks for nothing', () => {
  const when = { claim: 'windows', equals: true }
  const policy = asks({ claim: 'windows-test-signing', oneOf: [false, null], ...common, when })
  const signing = { 'windows-test-signing': claim(true) }
  assert.equal(told(policy, { windows: claim(true), ...signing }).length, 1)
  for (const windows of [claim(false), claim(true, false), claim(null)])
    assert.deepEqual(told(policy, { windows, ...signing }), [])
})

test('what a policy cannot mean is an error: an unknown claim, no comparison or two, nothing to meet, a mistyped name', () => {
  const good = { claim: 'secure-boot', equals: true, ...common }
  assert.equal(parse(policyOf(good)).claims.length, 1)
  const { equals: _, ...bare } = good
  for (const wrong of [
    bare,
    { ...good, minimum: 1 },
    { ...good, claim: 'secure-bot' },
    { ...good, claim: 'toString' },
    { ...bare, oneOf: [] },
    { ...bare, oneof: [true] },
    { ...bare, equals: { a: 1 } },
    { ...bare, equals: 1.5 },
    { ...bare, minimum: '3' },
    { ...good, severity: 'higher' },
    { ...good, message: ' ' },
    { ...good, wen: null },
    { ...good, when: { claim: 'windows' } },
    { ...good, when: { claim: 'nothing', equals: true } },
    null,
    'secure-boot',
  ])
    assert.throws(() => parse(policyOf(wrong)), MalformedError, JSON.stringify(wrong))
  assert.throws(() => parse(policyOf()), MalformedError)
})

test('every claim that a boot makes has a name that a policy may use', () => {
  const { claims } = appraiseEvidence(evidenceOf(cleanBoot()))
  for (const name of Object.keys(claims)) assert.ok(CLAIM_NAMES.includes(name), name)
  assert.equal(new Set(CLAIM_NAMES).size, CLAIM_NAMES.length)
})

test('Trusted Launch refuses a Windows that is debugged or takes test signing, and asks nothing such of others', () => {
  const linux = { 'secure-boot': claim(true), 'os-present': claim(true), windows: claim(false) }
  assert.deepEqual(told(TRUSTED_LAUNCH_POLICY, linux), [])
  const names = ['boot-debug', 'kernel-debug', 'hypervisor-debug', 'test-signing']
  const quiet = Object.fromEntries(names.map((name) => [`windows-${name}`, claim(null)]))
  const windows = { ...linux, windows: claim(true), ...quiet }
  assert.deepEqual(told(TRUSTED_LAUNCH_POLICY, windows), [])
  for (const name of names) {
    const found = told(TRUSTED_LAUNCH_POLICY, { ...windows, [`windows-${name}`]: claim(true) })
    assert.deepEqual(
      found.map(([id, severity, component]) => [id, severity, component]),
      [['policy.requirement', 'high', `claim windows-${name}`]],
    )
  }
})

test('a requirement is said in words', () => {
  const when = { claim: 'windows', equals: true }
  const words = describeRequirement({
    claim: 'windows-boot-manager-svn',
    minimum: 3,
    ...common,
    when,
  })
  assert.equal(
    words,
    'windows-boot-manager-svn must be at least 3, where windows is true; else high: It is not so.',
  )
})
