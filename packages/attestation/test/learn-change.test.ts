import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VARIABLES } from '@trusted-launch/uefi'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { type BootChange, learnChange, withApproved } from '../src/learn-change.ts'
import { checkReferenceValues } from '../src/reference-values.ts'
import { idsOf, isVariable, of, withStep } from './appraised.ts'
import {
  cleanBoot,
  commandLine,
  configured,
  evidenceOf,
  file,
  grub,
  image,
  referencesOf,
  type Step,
  separator,
  signedModule,
} from './boot.ts'

const by = { by: 'somebody', at: '2026-11-28T06:00:00Z', why: 'an update' }

function otherKernel(): Step[] {
  const steps = cleanBoot()
  const isImage = of('kernel', 4)
  return steps.map((step) =>
    isImage(step)
      ? image('kernel', 'new kernel image')
      : of('kernel', 9)(step)
        ? file('kernel', 'new kernel', '/vmlinuz')
        : step,
  )
}

function changeOf(steps: readonly Step[], options = {}): [AppraisalInput, BootChange] {
  const input = evidenceOf(steps, options)
  const change = learnChange(input, 'evidence 1')
  assert.ok(change !== null)
  return [input, change]
}

test('a boot of another kernel is affirmed once its change is approved, and the one before still is', () => {
  const [input, { variant, nearest }] = changeOf(otherKernel())
  assert.deepEqual([nearest, variant.approval], ['small', 'needed'])
  const references = withApproved(input.references, variant, by)
  assert.deepEqual(idsOf(appraiseEvidence({ ...input, references })), [])
  assert.deepEqual(idsOf(appraiseEvidence(evidenceOf(cleanBoot(), { references }))), [])
  const both = { references: { ...references, variants: references.variants } }
  const evil = withStep(of('kernel', 9), file('kernel', 'new kernel', '/vmlinuz'))
  assert.ok(idsOf(appraiseEvidence(evidenceOf(evil, both))).includes('kernel.changed'))
})

test('a change that nobody approved makes no boot good', () => {
  const [input, { variant }] = changeOf(otherKernel())
  const variants = [...input.references!.variants, { ...variant, name: 'new' }]
  const references = checkReferenceValues({ version: 2, variants })
  assert.equal(appraiseEvidence({ ...input, references }).result.tier, 'contraindicated')
})

test('a change tells what was and what is, in each register, and who signed it', () => {
  const measured = [{ name: '/lib/modules/6.1/good.ko', sha256: signedModule }]
  const [, { differences, modules }] = changeOf(otherKernel(), { measured })
  assert.deepEqual(modules, [], 'one that was known')
  assert.deepEqual(
    differences.map(({ component, pcr, change, summary }) => [component, pcr, change, summary]),
    [
      ['kernel', 4, 'changed', 'The kernel (/vmlinuz) changed.'],
      ['kernel', 9, 'changed', 'The kernel (/vmlinuz) changed.'],
    ],
  )
  assert.equal(differences[0]!.signer, 'CN=Test AK CA')
  assert.equal(differences[1]!.signer, null)
  assert.ok(differences.every(({ before, after }) => before !== null && before !== after))
})

test('another command line is told by its text', () => {
  const steps = withStep(of('kernel command line', 8), commandLine('/vmlinuz audit=0'))
  const changed = steps.with(steps.findIndex(of('grub.cfg', 8)), grub('linuxefi /vmlinuz audit=0'))
  const [, { differences, variant }] = changeOf(changed)
  const line = differences.find(({ component }) => component === 'kernel command line')!
  assert.deepEqual([line.before, line.after], ['/vmlinuz quiet', '/vmlinuz audit=0'])
  assert.equal(variant.kernel.commandLine, '/vmlinuz audit=0')
})

test('two boots that measured the same change are one change, whatever modules they loaded since', () => {
  const [, one] = changeOf(otherKernel())
  const measured = [{ name: '/lib/modules/6.2/good.ko', sha256: signedModule }]
  const more = { name: '/lib/modules/6.2/new.ko', sha256: new Uint8Array(32) }
  const [, other] = changeOf(otherKernel(), { measured: [...measured, more] })
  assert.deepEqual(other.modules, ['/lib/modules/6.2/new.ko'])
  assert.equal(one.sha256, other.sha256)
  const [, initrd] = changeOf(withStep(of('initrd', 9), file('initrd', 'new', '/initrd.img')))
  assert.notEqual(one.sha256, initrd.sha256)
})

test('an untrusted module is not approved with a change of what is no kernel', () => {
  const measured = [{ name: '/evil.ko', sha256: new Uint8Array(32) }]
  const steps = withStep(of('shim', 4), image('shim', 'new'))
  const [input, { variant }] = changeOf(steps, { measured })
  const references = withApproved(input.references, variant, by)
  assert.deepEqual(idsOf(appraiseEvidence({ ...input, references })), ['module.untrusted'])
})

test('nothing is learnt of a boot that is as expected, that a check refuses, or that approval would not mend', () => {
  assert.equal(learnChange(evidenceOf(cleanBoot()), 'x'), null)
  assert.equal(learnChange(evidenceOf([...cleanBoot(), separator(4)]), 'x'), null)
  const off = withStep(
    isVariable('SecureBoot'),
    configured(VARIABLES.SecureBoot, new Uint8Array(1)),
  )
  assert.equal(learnChange(evidenceOf(off), 'x'), null)
  const input = evidenceOf(otherKernel())
  const [quote] = input.evidence.quotes
  const signature = new Uint8Array(quote!.signature.length)
  const evidence = { ...input.evidence, quotes: [{ ...quote!, signature }] }
  assert.equal(learnChange({ ...input, evidence }, 'x'), null)
})

test('a boot that nothing was foretold of is learnt whole, but for its device paths', () => {
  const input = evidenceOf(cleanBoot())
  const change = learnChange({ ...input, references: null }, 'evidence 1')
  assert.ok(change !== null)
  assert.equal(change.nearest, null)
  assert.ok(!Object.hasOwn(change.variant.pcrs, '1'))
  assert.ok(change.differences.some(({ component }) => component === 'kernel command line'))
  const references = withApproved(null, change.variant, by)
  assert.deepEqual(idsOf(appraiseEvidence({ ...input, references })), [])
})

test('what is more than a variant, or than reference values, may hold is no change that can be approved', () => {
  const one = file('initrd', 'content', '/initrd.img')
  const many = Array.from({ length: 4097 }, () => one)
  const input = evidenceOf(withStep(of('initrd', 9), ...many))
  for (const references of [input.references, null])
    assert.equal(learnChange({ ...input, references }, 'x'), null)
  assert.notEqual(learnChange(evidenceOf(withStep(of('initrd', 9), one)), 'x'), null)
  const [variant] = referencesOf(cleanBoot()).variants
  const full = Array.from({ length: 64 }, (_, i) => ({
    ...variant!,
    name: `${i}`,
    kernel: { ...variant!.kernel, commandLine: `/vmlinuz ${i}` },
  }))
  const references = checkReferenceValues({ version: 2, variants: full })
  assert.equal(learnChange(evidenceOf(otherKernel(), { references }), 'x'), null)
  const fewer = checkReferenceValues({ version: 2, variants: full.slice(1) })
  assert.notEqual(learnChange(evidenceOf(otherKernel(), { references: fewer }), 'x'), null)
})
