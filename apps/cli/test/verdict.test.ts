import assert from 'node:assert/strict'
import test from 'node:test'
import type { AttestationResult } from '@trusted-launch/attestation'
import picocolors from 'picocolors'
import { rangesOf } from '../src/plain-text.ts'
import { type AnchorKnown, conclusionOf, exitCodeOfTier, textOfResult } from '../src/verdict.ts'
import { asText, golden } from './a-run.ts'

const look = { colors: picocolors.createColors(false), width: Number.POSITIVE_INFINITY }

const result: AttestationResult = {
  version: 1,
  vm: 'golden',
  generation: 1,
  tier: 'contraindicated',
  time: '2026-01-01T00:00:00.000Z',
  nonce: '07'.repeat(32),
  bank: 'sha256',
  findings: [
    {
      id: 'boot.command-line.changed',
      component: 'kernel command line',
      summary: 'The kernel command line is not the expected one.',
      severity: 'high',
      pcr: 8,
      events: [41],
      expected: '/vmlinuz quiet',
      actual: '/vmlinuz \x1b[2Jinit=/bin/sh',
      recoverable: true,
      advice: 'Put the configuration of the boot loader back.',
    },
  ],
  claims: {},
  chain: [
    {
      stage: 'shim',
      what: '\\EFI\\BOOT\\BOOTX64.EFI',
      digest: '80a66d53a945d228'.repeat(4),
      signer: 'Microsoft Corporation UEFI CA 2011',
      pcr: 4,
      event: 24,
      verdict: 'expected',
    },
    {
      stage: 'initrd',
      what: '/initrd.img',
      digest: '1782196e68ffe0e4'.repeat(4),
      signer: null,
      pcr: 9,
      event: 43,
      verdict: 'changed',
    },
  ],
  counters: null,
  rollback: null,
  pcrs: null,
  binding: null,
  policy: { id: 'trusted-launch', sha256: '00'.repeat(32) },
  references: null,
  expectation: { sha256: '22'.repeat(32) },
  evidence: { sha256: '11'.repeat(32) },
}

test('a result is a chain, its findings with advice, and the verdict last', (t) => {
  const text = textOfResult(result, true, look)
  assert.match(text, /contraindicated\n$/)
  t.assert.fileSnapshot(text, golden('verdict'), asText)
})

test('what a guest wrote reaches no terminal as a command', () => {
  const hostile = {
    ...result,
    vm: 'a\x07b',
    chain: result.chain.map((stage) => ({
      ...stage,
      what: '\x1b]0;x\x07\u202e',
      signer: '\x9b2J',
    })),
  }
  const text = textOfResult(hostile, true, look)
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
})

test('an affirming result of an authority that is not trusted here is a warning, and its last line says so', () => {
  const affirming = { ...result, tier: 'affirming', findings: [] } as const
  const lastOf = (anchorKnown: AnchorKnown, of: AttestationResult = affirming) =>
    textOfResult(of, anchorKnown, look).trimEnd().split('\n').at(-1)
  assert.equal(lastOf(true), 'affirming')
  const doubt = 'but by an authority that is not trusted here (--anchor)'
  assert.equal(lastOf(false), `warning: affirming, ${doubt}`)
  assert.equal(lastOf(false, result), `contraindicated, ${doubt}`)
  assert.equal(lastOf(null), 'warning: affirming, but by no authority')
  assert.equal(lastOf('not-asked', result), 'contraindicated')
  const conclusions = [true, false, null].map((known) => conclusionOf(affirming, known))
  assert.deepEqual(conclusions, ['affirming', 'warning', 'warning'])
  assert.equal(conclusionOf(result, false), 'contraindicated')
})

test('on a narrow terminal the chain and the advice wrap at words', () => {
  const advice =
    'Put the configuration of the boot loader back, then start the VM and appraise again.'
  const told = { ...result, findings: [{ ...result.findings[0]!, advice }] }
  const lines = textOfResult(told, true, { ...look, width: 80 })
    .split('\n')
    .slice(1)
  assert.ok(lines.every((line) => line.length <= 80))
  assert.ok(lines.includes(`${' '.repeat(16)}and appraise again.`), lines.join('\n'))
  assert.match(lines.join('\n'), /Microsoft +4 +expected\n.* Corporation/)
})

test('numbers that follow each other are told as a range', () => {
  assert.equal(rangesOf([1, 2, 3, 7, 9, 10]), '1-3, 7, 9-10')
  assert.equal(rangesOf([]), '')
})

test('each tier has its exit code', () => {
  const codes = (['affirming', 'none', 'contraindicated', 'warning'] as const).map(exitCodeOfTier)
  assert.deepEqual(codes, [0, 1, 3, 4])
})
