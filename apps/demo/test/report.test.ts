import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AttestationResult, BootStage } from '@trusted-launch/attestation'
import picocolors from 'picocolors'
import { demoFolder } from '../src/paths.ts'
import { jsonOf, lookOf, textOf } from '../src/report.ts'
import type { Verdict } from '../src/verdict.ts'

const stage = (change: Partial<BootStage>): BootStage => ({
  stage: 'shim',
  what: 'EFI/BOOT/BOOTX64.EFI',
  digest: '80a66d53a945'.padEnd(64, '0'),
  signer: 'C=US, ST=Washington, O=Microsoft Corporation, CN=Microsoft Corporation UEFI CA 2011',
  pcr: 4,
  event: 20,
  verdict: 'expected',
  ...change,
})

const chain = [
  stage({ stage: 'firmware', what: 'OVMF, volume DXEFV', signer: null, pcr: 0 }),
  stage({}),
  stage({ stage: 'kernel command line', what: '/vmlinuz loglevel=6\x1b[2J', signer: null, pcr: 8 }),
]

const verdict = (change: Partial<Verdict>): Verdict => ({
  name: 'clean',
  story: 'nothing was changed',
  expected: 'affirming',
  outcome: 'affirming',
  component: null,
  told: 'the verifier checked every event, and all is as foretold',
  findings: [],
  evidence: join(demoFolder, 'clean.json'),
  references: { before: 'aa', after: 'aa' },
  bootMs: 12_345,
  alerts: [],
  recommendations: [],
  result: { chain } as unknown as AttestationResult,
  ...change,
})

const refused = verdict({
  name: 'loader-tampered',
  story: 'one byte of shim was changed on the disk',
  expected: 'boot-refused',
  outcome: 'boot-refused',
  component: 'loader',
  told: 'the firmware refused to run the loader: it is not signed by a key that this VM trusts, or was changed (confirmed on the stopped disk)',
  findings: ['secure-boot-violation'],
  evidence: null,
  result: null,
})
const broken = verdict({
  ...refused,
  name: 'kernel-unsigned',
  story: "the kernel's signature was removed",
  outcome: null,
  component: 'kernel',
  told: 'no answer of the agent',
  findings: ['agent-silent'],
})
const own = verdict({ ...refused, name: 'tampered', expected: null, outcome: 'warning' })

const plain = { colors: picocolors.createColors(false), width: Number.POSITIVE_INFINITY }
const asText = { serializers: [String] }
const golden = (name: string) => join(import.meta.dirname, 'golden', `${name}.txt`)

/** Where the user is decides how the record is named. */
const shown = (text: string) => `${text.replaceAll(/(say it again: ).*/g, '$1…')}\n`

test('a person reads what was changed, who noticed, and how the clean VM booted', (t) => {
  const text = textOf([verdict({}), refused], plain)
  t.assert.fileSnapshot(shown(text), golden('report'), asText)
})

test('the report is not wider than the terminal', (t) => {
  const text = textOf([verdict({}), refused], { ...plain, width: 80 })
  assert.ok(text.split('\n').every((line) => line.length <= 80))
  t.assert.fileSnapshot(shown(text), golden('report-80'), asText)
})

test('one that failed is named, and hides no other', (t) => {
  const text = textOf([refused, broken, verdict({ outcome: 'contraindicated' }), own], plain)
  t.assert.fileSnapshot(shown(text), golden('report-failed'), asText)
})

test('colours are for a terminal without NO_COLOR, and nothing of a guest commands it', (t) => {
  assert.doesNotMatch(textOf([verdict({}), refused, broken], plain), /\x1b/)
  const colourful = { ...plain, colors: picocolors.createColors(true) }
  assert.match(textOf([verdict({})], colourful), /\x1b\[32m/)
  assert.doesNotMatch(textOf([verdict({})], colourful), /\x1b\[2J/)

  const before = process.env.NO_COLOR
  t.after(() => {
    if (before === undefined) delete process.env.NO_COLOR
    else process.env.NO_COLOR = before
  })
  delete process.env.NO_COLOR
  assert.equal(lookOf({}).colors.red('x'), 'x')
  assert.deepEqual([lookOf({}).width, lookOf({ columns: 80 }).width], [Infinity, Infinity])
  assert.equal(lookOf({ isTTY: true, columns: 80 }).width, 80)
  assert.notEqual(lookOf({ isTTY: true, columns: 80 }).colors.red('x'), 'x')
  process.env.NO_COLOR = '1'
  assert.equal(lookOf({ isTTY: true, columns: 80 }).colors.red('x'), 'x')
})

test('a program reads every key, in one document, and `ok` only when all is as expected', () => {
  const good = JSON.parse(jsonOf('tcg', [verdict({}), refused, own]))
  assert.deepEqual(Object.keys(good), ['accelerator', 'ok', 'scenarios'])
  assert.deepEqual([good.accelerator, good.ok], ['tcg', true])
  const { told: _t, story: _s, result: _r, ...row } = refused
  assert.deepEqual(good.scenarios[1], row)
  assert.equal(good.scenarios[2].expected, null)

  const bad = JSON.parse(jsonOf('tcg', [verdict({}), broken]))
  assert.equal(bad.ok, false)
  const { outcome, error, component, findings } = bad.scenarios[1]
  assert.deepEqual([outcome, error, component], [null, 'no answer of the agent', 'kernel'])
  assert.deepEqual(findings, ['agent-silent'])
  assert.equal(JSON.parse(jsonOf('tcg', [verdict({ outcome: 'warning' })])).ok, false)
})

test('what a VM raised is told in a line each, and to programs whole', () => {
  const alert = { alertType: 'VM_GuestAttestationFailure', severity: 'Medium', component: 'initrd' }
  const raised = { ...refused, alerts: [alert], recommendations: ['a-key'] }
  assert.match(textOf([raised], plain), /\n {2}alert: VM_GuestAttestationFailure, Medium: initrd/)
  const [row] = JSON.parse(jsonOf('tcg', [raised])).scenarios
  assert.deepEqual([row.alerts, row.recommendations], [[alert], ['a-key']])
})

test('a guest that stood still is told as such; only programs read that as a refusal', () => {
  const stuck = { ...own, outcome: 'boot-refused', findings: ['agent-silent'] } as const
  assert.match(textOf([stuck], plain), /\n {2}did not come up: /)
  assert.match(textOf([refused], plain), /\n {2}boot-refused: /)
  assert.match(jsonOf('tcg', [stuck]), /"outcome": "boot-refused"/)
})
