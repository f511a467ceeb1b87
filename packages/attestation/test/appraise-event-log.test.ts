import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { isVariable, withStep } from './appraised.ts'
import { cleanBoot, commandLine, configured } from './boot.ts'
import { given, withPcrs } from './given.ts'

test('a log that gives the PCR values is verified, with its claims and nothing found', () => {
  const { verified, secureBoot, findings, claims, bank, events, malformed } = appraiseEventLog(
    given(),
  )
  assert.deepEqual([verified, malformed, secureBoot, bank], [true, false, 'on', 'sha384'])
  assert.deepEqual(findings, [])
  assert.equal(claims['command-line']?.value, '/vmlinuz quiet')
  assert.equal(claims['boot-counter']?.verified, false)
  assert.ok(events.slice(1).every(({ vouchedFor }) => vouchedFor))
  assert.equal(events[0]!.vouchedFor, false)
})

test('without PCR values nothing is verified and nothing is claimed', () => {
  const appraisal = appraiseEventLog({ ...given(), pcrs: new Map() })
  assert.equal(appraisal.verified, null)
  assert.equal(appraisal.secureBoot, 'unverified')
  assert.deepEqual(appraisal.claims, {})
  assert.ok(appraisal.events.every(({ vouchedFor }) => !vouchedFor))
  assert.ok(appraisal.events.some(({ explanation }) => explanation.verified))
})

test('Secure Boot off is a claim, not a fault', () => {
  const off = withStep(isVariable('SecureBoot'), configured(VARIABLES.SecureBoot, Uint8Array.of(0)))
  const { verified, secureBoot, findings } = appraiseEventLog(given(off))
  assert.deepEqual([verified, secureBoot, findings], [true, 'off', []])
})

test('a log that is refused says nothing of Secure Boot, and none of its claims is verified', () => {
  const second = [...cleanBoot(), commandLine('/vmlinuz single')]
  const wrong = withPcrs(given(), (pcrs) => pcrs.set(5, pcrs.get(0)!))
  for (const input of [given(second), wrong]) {
    const { verified, secureBoot, claims, findings } = appraiseEventLog(input)
    assert.equal(verified, false)
    assert.equal(secureBoot, 'unverified')
    assert.ok(Object.values(claims).every((claim) => !claim.verified))
    assert.equal(findings[0]?.severity, 'high')
  }
})

test('PCR 0 to 7 must be given in each bank; what another measured stays unverified', () => {
  for (const pcr of [0, 4, 7]) {
    const input = withPcrs(given(), (pcrs) => pcrs.delete(pcr))
    const { verified, findings } = appraiseEventLog(input)
    assert.equal(verified, false)
    assert.equal(findings[0]?.id, 'pcr.missing')
  }
  const input = withPcrs(given(), (pcrs) => pcrs.delete(8))
  const { verified, findings, claims } = appraiseEventLog(input)
  assert.equal(verified, true)
  assert.deepEqual(
    findings.map(({ id, severity }) => [id, severity]),
    [['pcr.not-given', 'low']],
  )
  assert.equal(claims['command-line']?.verified, false)
})

test('bytes that are no log are malformed, with PCR values and without', () => {
  const input = { ...given(), eventLog: Uint8Array.of(1, 2, 3) }
  assert.equal(appraiseEventLog(input).verified, false)
  assert.equal(appraiseEventLog({ ...input, pcrs: new Map() }).verified, null)
  for (const eventLog of [input.eventLog, new Uint8Array(), null]) {
    const { malformed, findings, events } = appraiseEventLog({ ...input, eventLog })
    assert.equal(malformed, true)
    assert.equal(findings[0]?.severity, 'high')
    assert.deepEqual(events, [])
  }
})

test('a PCR value of the wrong size, or of no PCR, is refused before anything is said', () => {
  const values = (pcr: number, size: number) =>
    new Map<HashName, Map<number, Uint8Array>>([['sha256', new Map([[pcr, new Uint8Array(size)]])]])
  for (const pcrs of [values(0, 20), values(24, 32), values(-1, 32), values(0.5, 32)])
    assert.throws(() => appraiseEventLog({ ...given(), pcrs }), MalformedError)
})

test('padding after the last event is taken of an area of memory only', () => {
  const { eventLog, ...input } = given()
  const padded = new Uint8Array(eventLog!.length + 64).fill(0xff)
  padded.set(eventLog!)
  assert.equal(appraiseEventLog({ ...input, eventLog: padded }).malformed, true)
  const area = appraiseEventLog({ ...input, eventLog: padded, padding: 'acpi' })
  assert.equal(area.verified, true)
})
