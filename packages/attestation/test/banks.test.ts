import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIGEST_SIZE, digest, type HashName } from '@trusted-launch/crypto'
import {
  buildEventLog,
  decodeEventLog,
  EV,
  encodeEventLog,
  explain,
  type NewEvent,
  replay,
} from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { edited, flip, isVariable } from './log-edit.ts'
import { events } from './recorded.ts'

/** The recorded boot as a firmware with these banks measures it. */
function bootIn(banks: readonly HashName[]): NewEvent[] {
  return events.map((event, index) => {
    const { covers } = explain({ ...event, index }, 'sha256')
    const bytes = covers === null ? event.data : event.data.subarray(covers.start, covers.end)
    const none = event.eventType === EV.NO_ACTION
    const digestIn = (bank: HashName) =>
      none ? new Uint8Array(DIGEST_SIZE[bank]) : digest(bank, bytes)
    return { ...event, digests: new Map(banks.map((bank) => [bank, digestIn(bank)] as const)) }
  })
}

/** The log of these steps, held against what a TPM with all these banks holds, asked for some of them. */
function judged(steps: NewEvent[], banks: readonly HashName[], asked: readonly HashName[]) {
  const log = (of: NewEvent[]) => encodeEventLog(buildEventLog([...banks], of))
  const genuine = decodeEventLog(log(bootIn(banks)))
  const valuesIn = (bank: HashName) =>
    new Map([...replay(genuine, bank).pcrs].map(([pcr, { value }]) => [pcr, value] as const))
  const pcrs = new Map(asked.map((bank) => [bank, valuesIn(bank)] as const))
  const logs = { eventLog: log(steps), imaLog: null, userspaceLog: null }
  return appraiseEventLog({ ...logs, pcrs, profile: 'strict' })
}

const every = ['sha1', 'sha256', 'sha384', 'sha512'] as const
const choices: readonly (readonly [banks: readonly HashName[], asked: readonly HashName[]])[] = [
  [['sha256'], ['sha256']],
  [['sha384'], ['sha384']],
  [['sha512'], ['sha512']],
  [every, every],
  [every, ['sha384']],
  [every, ['sha1', 'sha512']],
]

for (const [banks, asked] of choices)
  test(`a boot measured in ${banks.join(', ')} is verified in ${asked.join(', ')}, by the strongest, and edited in any of them refused`, () => {
    const steps = bootIn(banks)
    const got = judged(steps, banks, asked)
    assert.deepEqual(
      [got.verified, got.secureBoot, got.bank, got.findings],
      [true, 'on', asked.at(-1), []],
    )
    assert.equal(
      judged(edited(isVariable(VARIABLES.db), flip)(steps), banks, asked).verified,
      false,
    )
    const at = steps.findIndex(isVariable(VARIABLES.db))
    for (const bank of asked) {
      const digests = new Map([...steps[at]!.digests, [bank, digest(bank, flip(steps[at]!.data))]])
      const forged = steps.with(at, { ...steps[at]!, digests })
      assert.equal(judged(forged, banks, asked).verified, false, bank)
    }
  })

test('SHA-1 alone is refused, whatever other banks the log has', () => {
  const { verified, findings } = judged(bootIn(every), every, ['sha1'])
  assert.equal(verified, false)
  assert.ok(findings.some(({ id }) => id === 'eventlog.bank.weak'))
})
