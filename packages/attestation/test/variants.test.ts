import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import {
  certificateList,
  entriesOf,
  SignatureDatabase,
  sha256List,
  VARIABLES,
} from '@trusted-launch/uefi'
import { type Appraised, appraiseEvidence } from '../src/appraise.ts'
import { type ReferenceBounds, signaturesOf } from '../src/reference-bounds.ts'
import {
  checkReferenceValues,
  encodeReferenceValues,
  parseReferenceValues,
} from '../src/reference-values.ts'
import type { ReferenceVariant } from '../src/reference-variant.ts'
import { idsOf, isVariable, of, withStep } from './appraised.ts'
import { akCertificate, anchor } from './attester.ts'
import {
  authority,
  cleanBoot,
  commandLine,
  configured,
  evidenceOf,
  file,
  grub,
  image,
  type Step,
  variantOf,
} from './boot.ts'

const boots: Record<string, () => Step[]> = {
  clean: cleanBoot,
  'another kernel': () => withStep(of('kernel', 9), file('kernel', 'new', '/vmlinuz')),
  'another initrd': () => withStep(of('initrd', 9), file('initrd', 'new', '/initrd.img')),
  'another shim': () => withStep(of('shim', 4), image('shim', 'new')),
  'a command more': () =>
    withStep(of('grub.cfg', 8), grub('set timeout=1'), grub('linuxefi /vmlinuz quiet')),
  'another command line': () => {
    const steps = withStep(of('kernel command line', 8), commandLine('/vmlinuz audit=0'))
    return steps.with(steps.findIndex(of('grub.cfg', 8)), grub('linuxefi /vmlinuz audit=0'))
  },
}
const names = Object.keys(boots)
const variants = new Map(
  names.map((name) => [name, { ...variantOf(boots[name]!()), name }] as const),
)
const some = (...given: string[]) => given.map((name) => variants.get(name)!)

function heldAgainst(steps: readonly Step[], given: readonly ReferenceVariant[]): Appraised {
  return appraiseEvidence(evidenceOf(steps, { references: { version: 2, variants: given } }))
}

const order = ['contraindicated', 'warning', 'affirming']

test('a boot that is one of several variants is affirmed, and one that is none is not', () => {
  for (const name of names) {
    const { result, findings } = heldAgainst(boots[name]!(), [...variants.values()])
    assert.deepEqual([result.tier, findings], ['affirming', []], name)
    const without = names.filter((one) => one !== name)
    const { result: none } = heldAgainst(boots[name]!(), some(...without))
    assert.equal(none.tier, 'contraindicated', name)
  }
})

test('a variant more makes no better verdict for a boot that is none of them', () => {
  for (const name of names)
    for (const first of names)
      for (const more of names) {
        if (name === first || name === more) continue
        const alone = heldAgainst(boots[name]!(), some(first)).result.tier
        const both = heldAgainst(boots[name]!(), some(first, more)).result.tier
        assert.ok(order.indexOf(both) <= order.indexOf(alone), `${name}: ${first}, ${more}`)
      }
})

test('the order of variants changes nothing but the hash of the file', () => {
  const { references: _, ...told } = heldAgainst(boots['another shim']!(), [
    ...some('clean', 'another kernel', 'another initrd'),
  ]).result
  for (const given of [
    some('another initrd', 'another kernel', 'clean'),
    some('another kernel', 'another initrd', 'clean'),
  ]) {
    const { references: __, ...again } = heldAgainst(boots['another shim']!(), given).result
    assert.deepEqual(again, told)
  }
})

test('variants never complete each other: a kernel of one with an initrd of the other is neither', () => {
  const at = (steps: Step[]) => steps.findIndex(of('kernel', 9))
  const mixed = boots['another initrd']!()
  mixed[at(mixed)] = file('kernel', 'new', '/vmlinuz')
  const { result, findings } = heldAgainst(mixed, some('another kernel', 'another initrd'))
  assert.equal(result.tier, 'contraindicated')
  const told = findings.find(({ id }) => id === 'reference-values.no-variant')
  assert.match(told!.summary, /^None of 2 variants is this boot; the nearest is "another /)
})

const learnt = (variant: ReferenceVariant, approval: ReferenceVariant['approval'] = 'needed') => ({
  ...variant,
  origins: [{ kind: 'log', name: 'a log', sha256: '22'.repeat(32) }] as const,
  approval,
})
const by = { by: 'somebody', at: '2026-11-28T06:00:00Z', why: 'the boot after installing' }

test('what was learnt from a log and nobody approved is worth no more than nothing: a warning', () => {
  const clean = heldAgainst(cleanBoot(), [learnt(variantOf(cleanBoot()))])
  assert.deepEqual(idsOf(clean), ['reference-values.not-approved'])
  assert.match(clean.findings[0]!.summary, /this boot is "small"\.$/)
  assert.equal(clean.result.tier, 'warning')
  const other = heldAgainst(boots['another shim']!(), [learnt(variantOf(cleanBoot()))])
  assert.match(other.findings[0]!.summary, /none of them is this boot\.$/)
  assert.equal(other.result.tier, 'warning')
  const approved = heldAgainst(cleanBoot(), [learnt(variantOf(cleanBoot()), by)])
  assert.deepEqual([approved.result.tier, idsOf(approved)], ['affirming', []])
})

test('a variant that nobody approved takes no boot that the approved ones refuse', () => {
  const evil = boots['another initrd']!()
  const { result } = heldAgainst(evil, [variantOf(cleanBoot()), learnt(variantOf(evil))])
  assert.equal(result.tier, 'contraindicated')
})

/** As somebody writes it who knows the values alone, out of tpm2_pcrread. */
const byHand = (variant: ReferenceVariant, change: (pcr: string) => object = () => ({})) => ({
  ...variant,
  origins: [{ kind: 'hand', name: 'me', sha256: null }] as const,
  pcrs: Object.fromEntries(
    Object.entries(variant.pcrs).map(([number, { values }]) => [
      number,
      { events: null, values: { ...values, ...change(number) } },
    ]),
  ),
})

test('values alone, written by hand, are met by the boot that gives them, and the chain says so', () => {
  const variant = byHand(variantOf(cleanBoot()))
  const values = { version: 2, variants: [variant] } as const
  assert.deepEqual(parseReferenceValues(encodeReferenceValues(values)), values)
  const { result, findings, chain } = heldAgainst(cleanBoot(), [variant])
  assert.deepEqual([result.tier, findings], ['affirming', []])
  const images = chain.filter(({ pcr }) => pcr === 4)
  assert.ok(images.length > 0 && images.every(({ verdict }) => verdict === 'expected'))
})

test('one value that differs in one bank is refused, and the register is named with both', () => {
  for (const [wrong, id] of [
    ['4', 'boot-chain.changed'],
    ['7', 'secure-boot-variables.changed'],
    ['8', 'grub-configuration.changed'],
    ['15', 'boot-chain.changed'],
  ] as const)
    for (const [bank, size] of [
      ['sha256', 32],
      ['sha384', 48],
    ] as const) {
      const other = { [bank]: 'ab'.repeat(size) }
      const variant = byHand(variantOf(cleanBoot()), (pcr) => (pcr === wrong ? other : {}))
      const { result, findings, chain } = heldAgainst(cleanBoot(), [variant])
      assert.equal(result.tier, 'contraindicated')
      const [finding] = findings
      assert.deepEqual([finding!.id, finding!.pcr], [id, Number(wrong)])
      assert.equal(finding!.expected, other[bank])
      if (wrong === '4' && bank === result.bank)
        assert.ok(
          chain.filter(({ pcr }) => pcr === 4).every(({ verdict }) => verdict !== 'expected'),
        )
    }
})

test('a register without a value in every bank, or with a value and nothing that gives it, or sets without the events of PCR 7, are no reference values', () => {
  const variant = byHand(variantOf(cleanBoot()))
  const { sha384: _, ...less } = variant.pcrs['5']!.values
  const read = (one: object) => () => checkReferenceValues({ version: 2, variants: [one] })
  const lacking = { ...variant.pcrs, 5: { events: null, values: less } }
  assert.throws(read({ ...variant, pcrs: lacking }), /pcrs\.5\.values: no sha384/)
  const nothing = { ...variant.pcrs, 5: { ...variant.pcrs['5']!, events: [] } }
  assert.throws(read({ ...variant, pcrs: nothing }), /pcrs\.5: nothing is measured.*"events": null/)
  assert.throws(read({ ...variant, bounds }), /bounds: sets want the events of PCR 7/)
})

// What bounds say, and the same boot with another value of one variable.

const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
const keysOf = (...ders: Uint8Array[]) =>
  encode(
    SignatureDatabase,
    ders.map((der) => certificateList(owner, der)),
  )
const hashes = (...words: string[]) =>
  encode(SignatureDatabase, [
    sha256List(
      owner,
      words.map((word) => digest('sha256', toUtf8(word))),
    ),
  ])
const keys = signaturesOf(keysOf(anchor.der))!
const bounds: ReferenceBounds = {
  PK: keys,
  KEK: keys,
  db: keys,
  dbx: signaturesOf(hashes('one', 'two'))!,
  sbat: { sbat: 1 },
  bootManagerSvn: null,
}
const dbxOf = (value: Uint8Array) => withStep(isVariable('dbx'), configured(VARIABLES.dbx, value))
const bounded = (steps: Step[], change: Partial<ReferenceBounds> = {}) => {
  const variant = variantOf(dbxOf(hashes('one', 'two')))
  return heldAgainst(steps, [{ ...variant, bounds: { ...bounds, ...change } }])
}

test('a newer dbx that still revokes all that must be is within the bounds; exactly pinned it is not', () => {
  for (const value of [
    hashes('one', 'two'),
    hashes('two', 'one', 'three'),
    encode(SignatureDatabase, [
      ...(['three', 'two'] as const).map((word) =>
        sha256List('00000000-0000-0000-0000-000000000001', [digest('sha256', toUtf8(word))]),
      ),
      ...[sha256List(owner, [digest('sha256', toUtf8('one'))])],
    ]),
  ])
    assert.deepEqual(
      [bounded(dbxOf(value)).result.tier, idsOf(bounded(dbxOf(value)))],
      ['affirming', []],
    )
  const exact = heldAgainst(dbxOf(hashes('one', 'two', 'three')), [
    variantOf(dbxOf(hashes('one', 'two'))),
  ])
  assert.deepEqual(idsOf(exact), ['secure-boot-variables.changed'])
})

test('a revocation less is refused, and how many are missing is told', () => {
  for (const value of [hashes('one'), hashes('one', 'three', 'four'), new Uint8Array()]) {
    const { result, findings } = bounded(dbxOf(value))
    assert.deepEqual(
      [result.tier, findings.map(({ id }) => id)],
      ['contraindicated', ['secure-boot-variables.revocation-missing']],
    )
    assert.match(findings[0]!.summary, /^dbx lacks [12] of 2 revocations/)
  }
})

test('a certificate more in db, KEK or PK is refused by its name; one less is within the bounds', () => {
  for (const name of ['db', 'KEK', 'PK'] as const) {
    const steps = dbxOf(hashes('one', 'two'))
    const at = steps.findIndex(isVariable(name))
    const more = keysOf(anchor.der, akCertificate.der)
    steps[at] = configured(VARIABLES[name], name === 'PK' ? keysOf(akCertificate.der) : more)
    const { result, findings } = bounded(steps)
    assert.equal(result.tier, 'contraindicated', name)
    const told = findings.find(({ id }) => id === 'secure-boot-variables.not-allowed')
    assert.equal(told?.summary, `${name} holds "CN=vm-1", which is not allowed.`)
  }
  const wide = [...keys, ...signaturesOf(keysOf(akCertificate.der))!]
  const fewer = bounded(dbxOf(hashes('one', 'two')), { db: wide, KEK: wide, PK: wide })
  assert.deepEqual([fewer.result.tier, fewer.findings], ['affirming', []])
})

const level = (text: string) => {
  const steps = dbxOf(hashes('one', 'two'))
  steps[steps.findIndex(isVariable('SbatLevel'))] = authority(VARIABLES.SbatLevel, toUtf8(text))
  return steps
}

test("shim's SBAT level may rise and not fall", () => {
  const least = { sbat: 1, shim: 2 }
  const taken = ['sbat,1,2024010900\nshim,2\n', 'sbat,1,2025051000\nshim,4\ngrub,5\n']
  for (const text of taken) assert.deepEqual(idsOf(bounded(level(text), { sbat: least })), [], text)
  for (const text of ['sbat,1\n', 'sbat,1\nshim,1\n', 'shim,2\n', 'what is this']) {
    const { result, findings } = bounded(level(text), { sbat: least })
    assert.deepEqual(
      [result.tier, findings.map(({ id }) => id)],
      ['contraindicated', ['sbat-level.below-minimum']],
      text,
    )
  }
  assert.deepEqual(idsOf(bounded(level('sbat,1\nshim,9\n'), { sbat: null })), ['shim.changed'])
})

test('a boot manager of Windows that must be new enough and says nothing is refused', () => {
  const { result, findings } = bounded(dbxOf(hashes('one', 'two')), { bootManagerSvn: 3 })
  assert.deepEqual(
    [result.tier, findings.map(({ id }) => id)],
    ['contraindicated', ['boot-manager.below-minimum']],
  )
})

test('bounds free nothing else: each other event of PCR 7 must be exact in every bank', () => {
  for (const bank of ['sha256', 'sha384'] as const) {
    const variant = variantOf(dbxOf(hashes('one', 'two')))
    const pcr = variant.pcrs['7']!
    const broken = (name: HashName) =>
      pcr.events!.map((event) =>
        event.description === 'MokListRT'
          ? {
              ...event,
              digests: { ...event.digests, [name]: '00'.repeat(name === 'sha256' ? 32 : 48) },
            }
          : event,
      )
    const pcrs = { ...variant.pcrs, 7: { ...pcr, events: broken(bank) } }
    const { result } = heldAgainst(dbxOf(hashes('one', 'two', 'three')), [
      { ...variant, pcrs, bounds },
    ])
    assert.equal(result.tier, 'contraindicated', bank)
  }
})

test('entries are compared by what they are, not by whose or in which order', () => {
  const lists = [hashes('one', 'two'), hashes('two', 'one')].map((bytes) => signaturesOf(bytes)!)
  const sorted = lists.map((list) => list.map(({ sha256 }) => sha256).sort())
  assert.deepEqual(sorted[0], sorted[1])
  assert.equal(signaturesOf(Uint8Array.of(1, 2, 3)), null)
  assert.equal(signaturesOf(keysOf(anchor.der))![0]!.name, 'CN=Test AK CA')
  assert.equal(entriesOf([]).length, 0)
})
