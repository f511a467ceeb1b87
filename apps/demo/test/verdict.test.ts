import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttestationResult } from '@trusted-launch/attestation'
import { BootFailure, VtpmError } from '@trusted-launch/host'
import { scenarios } from '../src/scenarios.ts'
import { appraised, failed, refused, verdictOn } from '../src/verdict.ts'

const violation = new BootFailure('secure-boot-violation', 'refused', {
  component: 'kernel',
  confirmed: true,
})
const silent = new BootFailure('agent-silent', 'no answer of the agent', { console: 'grub> \r\n' })
const finding = (id: string, severity: string, component: string) => ({
  ...{ id, severity, component, summary: `${id}.` },
})
const resultOf = (tier: string, ...findings: object[]) =>
  ({ tier, findings }) as unknown as AttestationResult

test('a boot is refused only for a signature, unless nobody foretold what happens', () => {
  const end = refused(violation, false)!
  assert.deepEqual([end.outcome, end.component], ['boot-refused', 'kernel'])
  assert.match(end.told, /^GRUB, by asking shim, refused to run the kernel: .*\(confirmed on/)
  const ofGrub = new BootFailure('secure-boot-violation', '', { component: 'GRUB' })
  assert.match(refused(ofGrub, false)!.told, /^shim refused to run GRUB: it is not signed by a key/)
  assert.equal(refused(silent, false), null)
  assert.match(
    refused(silent, true)!.told,
    /^nobody was seen to refuse it: no answer of the agent; last on its console: grub>/,
  )
  for (const code of ['machine-crashed', 'vtpm-lost'] as const)
    assert.equal(refused(new BootFailure(code, '', {}), true), null)
})

test("a start is refused for what the vTPM is, not for the host's own trouble", () => {
  const end = refused(new VtpmError('vtpm-key-refused', 'vm', 'not its own'), false)!
  assert.deepEqual([end.outcome, end.component], ['start-refused', 'vTPM'])
  assert.equal(refused(new VtpmError('vtpm-failed', 'vm', 'swtpm died'), false), null)
  assert.equal(refused(new Error('other'), true), null)
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
