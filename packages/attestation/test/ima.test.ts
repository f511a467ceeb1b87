import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraise, idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf, signedModule } from './boot.ts'

test("a module the kernel's key signed is no finding; another is named, and a warning", () => {
  const good = { name: '/lib/modules/6.1/good.ko', sha256: signedModule }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [good] })), [])
  const bad = { name: '/root/evil.ko', sha256: digest('sha256', toUtf8('evil')) }
  const { result, findings } = appraise(cleanBoot(), { measured: [good, bad] })
  assert.equal(result.tier, 'warning')
  assert.deepEqual(
    findings.map(({ id, component, severity }) => [id, component, severity]),
    [['module.untrusted', 'kernel module evil', 'low']],
  )
  assert.equal(findings[0]!.actual, `sha256:${toHex(bad.sha256)}`)
})

test("a signed module's path does not make another file's digest trusted", () => {
  const forged = { name: '/lib/modules/6.1/good.ko', sha256: digest('sha256', toUtf8('evil')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [forged] })), ['module.untrusted'])
})

test('an IMA list that SHA-1 alone vouches for is told; one whole bank is enough', () => {
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [], padded: ['sha384'] })), [])
  const both = appraise(cleanBoot(), { measured: [], padded: ['sha256', 'sha384'] })
  assert.deepEqual(idsOf(both), ['ima.padded'])
  assert.equal(both.result.tier, 'warning')
})

test('a file that is no module is taken for another kernel', () => {
  const other = { name: '/boot/vmlinuz', sha256: digest('sha256', toUtf8('k')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [other] })), ['ima.unexpected-file'])
})

test('an IMA list of another boot is refused by its aggregate', () => {
  const appraised = appraise(cleanBoot(), { measured: [], aggregate: new Uint8Array(32) })
  assert.deepEqual(idsOf(appraised), ['ima.boot-aggregate'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('an IMA list that does not give PCR 10 is refused, and so is none at all', () => {
  const other = evidenceOf(cleanBoot(), {
    measured: [{ name: '/x.ko', sha256: new Uint8Array(32) }],
  })
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const swap = (imaLog: Uint8Array | null) =>
    idsOf(appraiseEvidence({ ...input, evidence: { ...input.evidence, imaLog } }))
  assert.deepEqual(swap(null), ['pcr.unexplained'])
  assert.deepEqual(swap(Uint8Array.of(1, 2, 3)), ['ima.malformed'])
  // Longer than quoted is what a running kernel gives: only what is quoted is judged.
  assert.deepEqual(swap(other.evidence.imaLog), [])
  const shorter = { ...other, evidence: { ...other.evidence, imaLog: input.evidence.imaLog } }
  assert.ok(idsOf(appraiseEvidence(shorter)).includes('ima.replay'))
})
