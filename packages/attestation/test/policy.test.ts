import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toUtf8 } from '@trusted-launch/codec'
import { appraiseEvidence } from '../src/appraise.ts'
import { CLAIM_FORMS, CLAIM_NAMES } from '../src/claim-names.ts'
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
  const counter = 'windows-boot-counter'
  type Case = [string, Partial<Requirement>, met: Claim['value'][], not: Claim['value'][]]
  const cases: Case[] = [
    [counter, { equals: 3 }, [3], [2, '3', true, null, [3]]],
    [counter, { equals: null }, [null], [0, false, '']],
    ['windows-pe', { oneOf: [false, null] }, [false, null], [true, 0]],
    [counter, { minimum: 3 }, [3, 4], [2, '4', null, true]],
  ]
  for (const [name, way, met, not] of cases) {
    const policy = asks({ claim: name, ...way, ...common })
    for (const value of met) {
      assert.deepEqual(told(policy, { [name]: claim(value) }), [])
      const unverified = told(policy, { [name]: claim(value, false) })
      assert.equal(unverified[0]?.[4], 'not verified')
    }
    for (const value of not) assert.equal(told(policy, { [name]: claim(value) }).length, 1)
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

test('a condition asks unless it is verified not to hold', () => {
  const when = { claim: 'windows', equals: true }
  const policy = asks({ claim: 'windows-test-signing', oneOf: [false, null], ...common, when })
  const signing = { 'windows-test-signing': claim(true) }
  for (const windows of [claim(true), claim(true, false), claim(false, false), claim(null, false)])
    assert.equal(told(policy, { windows, ...signing }).length, 1)
  assert.equal(told(policy, signing).length, 1)
  for (const windows of [claim(false), claim(null)])
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
    { ...good, when: { claim: 'windows', equals: 'true' } },
    { ...bare, equals: 1 },
    { ...bare, oneOf: [true, 'on'] },
    { ...bare, minimum: 1 },
    { ...bare, claim: 'command-line', equals: true },
    { ...bare, claim: 'command-line', minimum: 1 },
    { ...bare, claim: 'boot-counter', equals: true },
    { ...bare, claim: 'images', equals: 'aa' },
    null,
    'secure-boot',
  ])
    assert.throws(() => parse(policyOf(wrong)), MalformedError, JSON.stringify(wrong))
  assert.throws(() => parse(policyOf()), MalformedError)
})

test('a mistake in a policy is told with its place and what may be meant', () => {
  const told = (text: string) => {
    try {
      parsePolicy(toUtf8(text))
    } catch (e) {
      if (e instanceof MalformedError) return `${e.path}: ${e.reason}`
      throw e
    }
    return 'it reads'
  }
  const of = (rules: string, claims = '') =>
    told(`{"version": 2, "id": "own", "rules": {${rules}}, "claims": [${claims}]}`)
  const asked = (claim: string, value: string) =>
    of('', `{"claim":"${claim}","equals":${value},"when":null,"severity":"low","message":"x"}`)
  assert.equal(of('"secure-boot-on": "high"'), 'it reads')
  assert.equal(
    of('"secure-boot-on": "high", "secure-boot-on": "info"'),
    'Policy: "secure-boot-on" twice',
  )
  // the same name, written otherwise
  assert.match(of('"os-present": "high", "os-presen\\u0074": "info"'), /"os-present" twice$/)
  assert.equal(
    of('"secureboot-on": "high"'),
    'Policy.rules: no rule "secureboot-on"; did you mean "secure-boot-on"?',
  )
  assert.equal(of('"everything": "high"'), 'Policy.rules: no rule "everything"')
  assert.match(asked('secure-bot', 'true'), /no claim "secure-bot"; did you mean "secure-boot"\?$/)
  assert.equal(
    asked('secure-boot', '"yes"'),
    'Policy.claims[0].equals: secure-boot is true, false or null',
  )
  assert.equal(told('{\n  "version": 2,\n  x'), 'Policy: not JSON: line 3, column 3')
  assert.equal(told('\ufeff{}'), 'Policy: not JSON: it begins with a byte order mark')
  assert.match(told('{"version":1}'), /^Policy\.version: not 2$/)
})

test('names in different objects, or in texts, are not names that stand twice', () => {
  const when = { claim: 'windows', equals: true }
  const text = 'a "message": {"message": "x", "message": "y"} [ \\" {'
  const one = { claim: 'secure-boot', equals: true, when, severity: 'low', message: text }
  assert.equal(parse(policyOf(one, one)).claims.length, 2)
})

test('every claim that a boot makes has a name that a policy may use, and the form that is told of it', () => {
  const { claims } = appraiseEvidence(evidenceOf(cleanBoot()))
  for (const name of Object.keys(claims)) assert.ok(CLAIM_NAMES.includes(name), name)
  const forms = { boolean: 'flag', number: 'number', string: 'text', object: 'details' }
  for (const [name, { value }] of Object.entries(claims))
    if (value !== null) assert.equal(CLAIM_FORMS[name], forms[typeof value as 'object'], name)
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

test('a policy that speaks of nothing but what there is to compare with asks nothing of the machine, and is none', () => {
  const ofReferences = { 'reference-values-present': 'high', 'firmware-learnt': 'high' }
  const machine = { claim: 'secure-boot', equals: true, ...common }
  for (const rules of [ofReferences, { 'firmware-learnt': 'low' }]) {
    assert.throws(() => parse({ ...policyOf(), rules }), /nothing required/)
    assert.equal(parse({ ...policyOf(machine), rules }).claims.length, 1)
    assert.ok(parse({ ...policyOf(), rules: { ...rules, 'os-present': 'low' } }))
  }
})
