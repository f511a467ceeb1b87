import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttestationResult } from '@trusted-launch/attestation'
import { StartRefused } from '@trusted-launch/service'
import { scenarios } from '../src/scenarios.ts'
import { appraised, failed, refused, verdictOn } from '../src/verdict.ts'

const told = { message: 'refused', lastLine: '', confirmed: true }
const bootOf = (code: string, component: string | null, change: object = {}) => ({
  boot: { kind: 'failed', code, component, ...told, ...change } as const,
  refusal: null,
})
const violation = bootOf('secure-boot-violation', 'kernel')
const silent = bootOf('no-loader', null, { message: 'no boot loader', lastLine: 'grub>' })
const finding = (id: string, severity: string, component: string) => ({
  ...{ id, severity, component, summary: `${id}.` },
})
const resultOf = (tier: string, ...findings: object[]) =>
  ({ tier, findings }) as unknown as AttestationResult

test('a boot is refused only for a signature, unless nobody foretold what happens', () => {
  const end = refused(violation, false)!
  assert.deepEqual([end.outcome, end.component], ['boot-refused', 'kernel'])
  assert.match(end.told, /^GRUB, by asking shim, refused to run the kernel: .*\(confirmed on/)
  const ofGrub = bootOf('secure-boot-violation', 'GRUB', { confirmed: false })
  assert.match(
    refused(ofGrub, false)!.told,
    /^shim refused to run GRUB: it is not signed by a key.* \(by the console alone\)$/,
  )
  assert.equal(refused(silent, false), null)
  assert.match(
    refused(silent, true)!.told,
    /^nobody was seen to refuse it: no boot loader; last on its console: grub>/,
  )
  const mute = { boot: { kind: 'silent' }, refusal: null } as const
  assert.equal(refused(mute, false), null)
  assert.match(refused(mute, true)!.told, /no answer of the agent \(--keep/)
  for (const code of ['machine-crashed', 'vtpm-lost'] as const)
    assert.equal(refused(bootOf(code, null), true), null)
  const agent = { boot: { kind: 'agent', version: '1' }, refusal: null } as const
  assert.equal(refused(agent, true), null)
})

test('a start is refused for what the vTPM is', () => {
  const refusal = new StartRefused('vtpm-key-refused', 'vTPM', 'not its own')
  const end = refused({ boot: null, refusal }, false)!
  assert.deepEqual(
    [end.outcome, end.component, end.findings],
    ['start-refused', 'vTPM', ['vtpm-key-refused']],
  )
  assert.equal(refused({ boot: null, refusal: null }, true), null)
})

test('the gravest finding names the component; one that lowers no tier names none', () => {
  const info = finding('a', 'info', 'firmware')
  const high = finding('c', 'high', 'kernel command line')
  const end = appraised(resultOf('contraindicated', info, finding('b', 'low', 'IMA'), high), '/r')
  assert.deepEqual([end.component, end.findings], ['kernel command line', ['a', 'b', 'c']])
  const clean = appraised(resultOf('affirming', info), '/r')
  assert.deepEqual([clean.component, clean.outcome], [null, 'affirming'])
  assert.throws(() => appraised(resultOf('none', high), '/r'), /^Error: c\.$/)
})

test('where something was changed, the component is never null, whatever came of it', () => {
  const unseen = appraised(resultOf('affirming'), '/r')
  for (const scenario of scenarios)
    for (const end of [unseen, failed(new Error('trouble'))]) {
      const { component, told, outcome } = verdictOn(scenario, end, null, 1.5)
      const isChanged = !['clean', 'reboot'].includes(scenario.name)
      assert.equal(component !== null, isChanged, scenario.name)
      if (isChanged && outcome === 'affirming') assert.match(told, /^nobody noticed: /)
    }
})
