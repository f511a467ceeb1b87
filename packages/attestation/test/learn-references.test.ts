import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, toHex } from '@trusted-launch/codec'
import { appraiseEvidence } from '../src/appraise.ts'
import { approveReferences, describeOrigin, mergeReferences } from '../src/change-references.ts'
import { diffReferences } from '../src/diff-references.ts'
import { learnReferences } from '../src/learn-references.ts'
import {
  encodeReferenceValues,
  parseReferenceValues,
  type ReferenceValues,
} from '../src/reference-values.ts'
import type { ReferenceVariant } from '../src/reference-variant.ts'
import { idsOf, of, withStep } from './appraised.ts'
import { quoteOf } from './attester.ts'
import {
  banks,
  cleanBoot,
  evidenceOf,
  file,
  referencesOf,
  separator,
  signedModule,
} from './boot.ts'
import { given } from './given.ts'

const named = { name: 'first boot', log: 'binary_bios_measurements' }
const by = { by: 'somebody', at: '2026-11-28T06:00:00Z', why: 'the boot after installing' }

function learnt(steps = cleanBoot(), options = {}): ReferenceVariant {
  const variant = learnReferences(given(steps), named, options)
  assert.ok('approval' in variant)
  return variant
}

const values = (...variants: ReferenceVariant[]) => ({ version: 2, variants }) as const

test('a boot that is learnt and approved is affirmed again, whatever machine it is on', () => {
  for (const options of [{}, { bounds: true }]) {
    const references = approveReferences(values(learnt(cleanBoot(), options)), by)
    const input = evidenceOf(cleanBoot(), { references, measured: null })
    const expectation = { ...input.expectation, machine: null }
    assert.deepEqual(idsOf(appraiseEvidence({ ...input, expectation })), [])
    const other = withStep(of('initrd', 9), file('initrd', 'evil', '/initrd.img'))
    const evil = appraiseEvidence(evidenceOf(other, { references, measured: null }))
    assert.deepEqual(
      evil.findings.map(({ id, component }) => [id, component]),
      [['initrd.changed', 'initrd']],
    )
  }
})

test('what is learnt says where it comes from, needs approval, and reads back as it was written', () => {
  const variant = learnt()
  assert.equal(variant.approval, 'needed')
  assert.match(describeOrigin(variant.origins[0]!), /^learnt from the log binary_bios_measurements/)
  assert.deepEqual(variant.banks, banks)
  assert.equal(variant.kernel.commandLine, '/vmlinuz quiet')
  assert.equal(variant.kernel.modules, null)
  assert.equal(Object.keys(variant.pcrs).join(), '0,1,2,3,4,5,6,7,8,9,11,12,13,14,15')
  assert.deepEqual(parseReferenceValues(encodeReferenceValues(values(variant))), values(variant))
})

test('the modules that an IMA list names are learnt, and others are then untrusted', () => {
  const measured = [{ name: '/lib/modules/6.1/good.ko', sha256: signedModule }]
  const { evidence } = evidenceOf(cleanBoot(), { measured })
  const pcrs = new Map(
    evidence.quotes.map(({ bank, pcrs: quoted }) => [
      bank,
      new Map(quoted.map(({ index, digest }) => [index, digest])),
    ]),
  )
  const variant = learnReferences({ ...evidence, pcrs, profile: 'strict' }, named)
  assert.ok('approval' in variant)
  assert.deepEqual(variant.kernel.modules, [
    { path: '/lib/modules/6.1/good.ko', sha256: toHex(signedModule) },
  ])
  const references = approveReferences(values(variant), by)
  assert.deepEqual(idsOf(appraiseEvidence(evidenceOf(cleanBoot(), { references, measured }))), [])
  const more = [...measured, { name: '/evil.ko', sha256: new Uint8Array(32) }]
  const evil = appraiseEvidence(evidenceOf(cleanBoot(), { references, measured: more }))
  assert.deepEqual(idsOf(evil), ['module.untrusted'])
})

test('nothing is learnt from a log that does not hold, or that a check refuses', () => {
  const input = given()
  const wrong = new Map([...input.pcrs].map(([bank, pcrs]) => [bank, new Map(pcrs)] as const))
  wrong.get('sha256')!.set(4, new Uint8Array(32))
  const forged = learnReferences({ ...input, pcrs: wrong }, named)
  assert.ok(!('approval' in forged) && forged[0]!.severity === 'high')
  const twice = learnReferences(given([...cleanBoot(), separator(4)]), named)
  assert.ok(!('approval' in twice) && twice.every(({ severity }) => severity === 'high'))
})

test('no module is learnt from a list of another boot', () => {
  const measured = [{ name: '/x.ko', sha256: new Uint8Array(32) }]
  const { evidence } = evidenceOf(cleanBoot(), { measured, aggregate: new Uint8Array(32) })
  const pcrs = new Map(
    evidence.quotes.map(({ bank, pcrs: quoted }) => [
      bank,
      new Map(quoted.map(({ index, digest }) => [index, digest])),
    ]),
  )
  const refused = learnReferences({ ...evidence, pcrs, profile: 'strict' }, named)
  assert.ok(Array.isArray(refused))
  assert.deepEqual(
    refused.map(({ id }) => id),
    ['ima.boot-aggregate'],
  )
})

test('a register that is quoted and that nothing was learnt of is refused', () => {
  const input = given()
  const some = new Map(
    [...input.pcrs].map(([bank, pcrs]) => [bank, new Map([...pcrs].filter(([pcr]) => pcr < 8))]),
  )
  const variant = learnReferences({ ...input, pcrs: some }, named)
  assert.ok('approval' in variant)
  assert.equal(Object.keys(variant.pcrs).join(), '0,1,2,3,4,5,6,7')
  const references = approveReferences(values(variant), by)
  const { findings } = appraiseEvidence(evidenceOf(cleanBoot(), { references, measured: null }))
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['reference-values.incomplete'],
  )
})

test('a register that was learnt and is not quoted is a warning: what was measured there is not compared', () => {
  const references = approveReferences(values(learnt()), by)
  const input = evidenceOf(cleanBoot(), { references, measured: null })
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) =>
    quoteOf(bank, new Map(pcrs.slice(0, 8).map(({ index, digest }) => [index, digest]))),
  )
  const pcrs = [0, 1, 2, 3, 4, 5, 6, 7]
  const { result, findings } = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, quotes },
    expectation: { ...input.expectation, pcrs, profile: 'pc-client' },
  })
  assert.equal(result.tier, 'contraindicated', 'eight events are expected that nobody vouches for')
  const told = findings.find(({ id }) => id === 'reference-values.not-quoted')
  assert.equal(told?.severity, 'low')
  assert.match(told!.summary, /PCR 8, 9, 11, 12, 13, 14, 15 is not quoted/)
})

test('merging keeps every origin once, in any order, and the approval that one has', () => {
  const a = learnt()
  const origin = { kind: 'log', name: 'another', sha256: '33'.repeat(32) } as const
  const b = { ...a, name: 'again', origins: [origin], approval: by }
  const foretold = referencesOf(cleanBoot()).variants[0]!
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const merged = mergeReferences([values(one), values(other), values(one, foretold)])
    assert.equal(merged.variants.length, 2)
    const names = merged.variants[0]!.origins.map(({ name }) => name)
    assert.deepEqual(names.sort(), ['another', 'binary_bios_measurements'])
    assert.deepEqual(merged.variants[0]!.approval, by)
    assert.deepEqual(merged.variants[1], foretold)
    assert.deepEqual(mergeReferences([merged, merged]), merged)
  }
  assert.throws(() => mergeReferences([]), MalformedError)
})

test('approving says who, when and why, of what needs it only', () => {
  const both = values(learnt(), { ...learnt(), name: 'other' })
  const one = approveReferences(both, by, 'other')
  assert.deepEqual(
    one.variants.map(({ approval }) => approval),
    ['needed', by],
  )
  assert.throws(() => approveReferences(one, by, 'other'), MalformedError)
  assert.throws(() => approveReferences(referencesOf(cleanBoot()), by), MalformedError)
  assert.throws(() => approveReferences(both, { ...by, why: ' ' }), MalformedError)
})

/** The same without the digests of any other bank. */
const inSha256 = (pcrs: ReferenceVariant['pcrs']): ReferenceVariant['pcrs'] =>
  Object.fromEntries(
    Object.entries(pcrs).map(([pcr, { events, values }]) => [
      pcr,
      {
        events: events!.map((one) => ({ ...one, digests: { sha256: one.digests.sha256! } })),
        values,
      },
    ]),
  )

test('registers that are compared by their values alone are told as such, and by value', () => {
  const [variant] = values(learnt()).variants
  const whole = (sha256: string) => {
    const { 4: four, ...rest } = variant!.pcrs
    return values({
      ...variant!,
      pcrs: { ...rest, 4: { events: null, values: { ...four!.values, sha256 } } },
    })
  }
  const told = (a: ReferenceValues, b: ReferenceValues) =>
    diffReferences(a, b).map(({ pcr, summary, before, after }) => [pcr, summary, before, after])
  const [one, other] = ['11', '22'].map((byte) => byte.repeat(32))
  assert.deepEqual(told(values(variant!), whole(one!)), [
    [4, 'How PCR 4 is compared changed.', 'event by event', 'by its value alone'],
  ])
  assert.deepEqual(told(whole(one!), whole(one!)), [])
  assert.deepEqual(told(whole(one!), whole(other!)), [
    [4, 'The value of PCR 4 (sha256) changed.', one, other],
  ])
})

test('a difference is told by component, with what was and what is; the same has none', () => {
  const a = values(learnt())
  assert.deepEqual(diffReferences(a, a), [])
  const steps = withStep(of('initrd', 9), file('initrd', 'new', '/initrd.img'))
  const b = values(learnt(steps, { bounds: true }))
  assert.deepEqual(
    diffReferences(a, b).map(({ component, pcr, change, summary }) => [
      component,
      pcr,
      change,
      summary,
    ]),
    [
      ['initrd', 9, 'changed', 'The initrd (/initrd.img) changed.'],
      ['Secure Boot variables', 7, 'changed', 'How the variables are compared changed.'],
    ],
  )
  const sha256 = { ...b.variants[0]!, bounds: null, pcrs: inSha256(b.variants[0]!.pcrs) }
  const [initrd] = diffReferences(a, values(sha256))
  assert.deepEqual(
    [initrd!.before?.length, initrd!.after?.length],
    [64, 64],
    'side by side are digests of one bank',
  )
  const more = values(...a.variants, { ...b.variants[0]!, name: 'second' })
  assert.deepEqual(
    diffReferences(a, more).map(({ summary }) => summary),
    ['The variant "second" was added.'],
  )
  const [gone] = diffReferences(more, a)
  assert.deepEqual([gone!.change, gone!.variants], ['removed', ['second', null]])
})
