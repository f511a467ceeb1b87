import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EV, type NewEvent } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import type { EventLogInput } from '../src/appraise-event-log.ts'
import { eventChecks } from '../src/event-checks.ts'
import { isVariable, of, type Test } from './log-edit.ts'
import { eventLog, events, imaLog, quoted, references } from './recorded.ts'

const input: EventLogInput = {
  ...{ eventLog, imaLog, userspaceLog: null, profile: 'strict' },
  pcrs: new Map([['sha256', quoted]]),
}
const variant = references.variants[0]!
/** The log's own first event says how it is written, and is the first of all. */
const at = (fits: Test) => 1 + events.findIndex((event) => fits(event as NewEvent))
const checksOf = (fits: Test, held = variant as typeof variant | null, given = input) =>
  eventChecks(given, held)[at(fits)]!
const numbers = (fits: Test) => [...new Set(checksOf(fits).map(({ check }) => check))]

test('each event of a real boot tells which checks judged it, and no other', () => {
  assert.deepEqual(
    numbers(isVariable(VARIABLES.db)),
    [20, 21, 23, 24, 25, 27, 28, 30, 32, 34, 36, 41],
  )
  assert.ok(numbers(isVariable(VARIABLES.SecureBoot)).includes(29))
  assert.ok(!numbers(isVariable(VARIABLES.db)).includes(29))
  assert.ok(numbers(of(0, EV.SEPARATOR)).includes(26))
  assert.ok(!numbers(of(0, EV.S_CRTM_VERSION)).includes(26))
  const first = eventChecks(input, variant)[0]!
  assert.ok(!first.some(({ check }) => check === 20 || check === 41), 'it extended nothing')
  for (const checks of eventChecks(input, variant))
    for (const { title, passed } of checks) assert.ok(passed, title)
})

test('without reference values nothing is said to be as foretold; without a register, nothing', () => {
  assert.ok(!checksOf(isVariable(VARIABLES.db), null).some(({ check }) => check === 41))
  assert.deepEqual(eventChecks({ ...input, pcrs: new Map() }, variant), [])
  const other = new Map([...quoted].map(([pcr, value]) => [pcr, value.map((byte) => byte ^ 1)]))
  assert.deepEqual(eventChecks({ ...input, pcrs: new Map([['sha256', other]]) }, variant), [])
})

test('what is otherwise than foretold did not pass, and what stands beside it did', () => {
  const { pcrs } = variant
  const boot = pcrs[7]!
  const foretold = boot.events!.map((event, i) =>
    i === 0 ? { ...event, digests: { sha256: '07'.repeat(32) } } : event,
  )
  const held = { ...variant, pcrs: { ...pcrs, 7: { ...boot, events: foretold } } }
  const asForetold = (fits: Test) => checksOf(fits, held).find(({ check }) => check === 41)?.passed
  assert.equal(asForetold(isVariable(VARIABLES.SecureBoot)), false)
  assert.equal(asForetold(isVariable(VARIABLES.db)), true)
})
