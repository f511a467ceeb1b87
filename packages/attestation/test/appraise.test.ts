import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '../src/appraise.ts'
import { COMPONENT } from '../src/component.ts'
import { formatResult } from '../src/record.ts'
import { appraise } from './appraised.ts'
import { cleanBoot, evidenceOf, file, type Step, separator } from './boot.ts'

test('a boot that is what its reference values say is affirmed, without a finding', () => {
  const appraised = appraise(cleanBoot(), { measured: [] })
  assert.deepEqual(appraised.findings, [])
  assert.equal(appraised.result.tier, 'affirming')
  assert.equal(appraised.result.bank, 'sha384')
})

test('the same inputs give the same bytes', () => {
  const input = evidenceOf(cleanBoot(), { measured: [] })
  assert.equal(formatResult(appraiseEvidence(input)), formatResult(appraiseEvidence(input)))
})

test('the boot chain names what ran, its signer and its verdict', () => {
  const rows = appraise(cleanBoot()).chain.map(({ stage, signer: by, verdict }) => [
    stage,
    by,
    verdict,
  ])
  assert.deepEqual(rows, [
    ['firmware', null, 'expected'],
    ['shim', 'CN=Test AK CA', 'expected'],
    ['GRUB', 'CN=Test AK CA', 'expected'],
    ['grub.cfg', null, 'expected'],
    ['kernel', 'CN=Test AK CA', 'expected'],
    ['kernel command line', null, 'expected'],
    ['initrd', null, 'expected'],
  ])
})

test('a kernel that nobody verified, Secure Boot being off, is in the chain as GRUB measured it', () => {
  const steps = cleanBoot().filter(
    ({ component, pcrIndex }) => !(component === COMPONENT.kernel && pcrIndex === 4),
  )
  const rows = appraise(steps).chain.filter(({ stage }) => stage === 'kernel')
  assert.deepEqual(
    rows.map(({ what, pcr, verdict }) => [what, pcr, verdict]),
    [['/vmlinuz', 9, 'expected']],
  )
  const both = appraise(cleanBoot()).chain.filter(({ stage }) => stage === 'kernel')
  assert.deepEqual(
    both.map(({ pcr }) => pcr),
    [4],
    'with it, as shim verified it, and once',
  )
})

test('of a log that its checks refuse no claim is verified, and of the key what holds by itself', () => {
  const claims = (steps: Step[]) => appraise(steps).result.claims
  assert.equal(claims(cleanBoot())['secure-boot']?.verified, true)
  const refused = claims([...cleanBoot(), separator(4)])
  const held = Object.entries(refused).filter(([, { verified }]) => verified)
  assert.deepEqual(
    held.map(([name]) => name),
    ['attestation-key', 'attestation-key-restricted'],
  )
  const changed = cleanBoot().map((one) => (one.pcrIndex === 9 ? file('x', 'y', '/z') : one))
  assert.equal(appraise(changed).result.tier, 'contraindicated')
  assert.equal(claims(changed)['secure-boot']?.verified, true, 'the log is genuine')
})
