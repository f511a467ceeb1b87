import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV, type NewEvent } from '@trusted-launch/eventlog'
import { appraise, type Edit, ids, measure, noAction } from './log-edit.ts'
import { events as genuine } from './recorded.ts'

/** Intel TXT's own numbers: HASH_START, MLE_HASH, LCP_CONTROL_HASH. */
const launch: readonly NewEvent[] = [
  measure(17, 0x402, toUtf8('SINIT ACM')),
  measure(17, 0x404, toUtf8('the launched environment')),
  measure(18, 0x40c, toUtf8('launch control policy')),
]
const launched: Edit = (steps) => [...steps, ...launch]
const claimsOf = (steps: readonly NewEvent[]) => appraise(steps, steps, 'pc-client').claims

test('the events of a dynamic launch (PCR 17 to 22) are read, replayed and shown, and nothing is claimed of them', () => {
  const steps = launched([...genuine])
  const got = appraise(steps, steps, 'pc-client')
  assert.equal(got.verified, true)
  assert.deepEqual(
    ids(got),
    launch.map(() => 'tolerated.type-unexpected'),
  )
  assert.deepEqual(
    got.events
      .slice(-3)
      .map(({ pcrIndex, eventType, vouchedFor }) => [pcrIndex, eventType, vouchedFor]),
    [
      [17, 0x402, true],
      [17, 0x404, true],
      [18, 0x40c, true],
    ],
  )
  assert.deepEqual(claimsOf(steps), claimsOf(genuine))
  assert.equal(appraise(steps, steps, 'strict').verified, false)
})

test('a launch that the TPM did not see, or another one, is refused; one that the log leaves out is told', () => {
  const steps = launched([...genuine])
  assert.ok(ids(appraise(steps, genuine, 'pc-client')).includes('eventlog.replay'))
  const other = steps.with(-1, {
    ...steps.at(-1)!,
    digests: new Map([['sha256', digest('sha256')]]),
  })
  assert.ok(ids(appraise(other, steps, 'pc-client')).includes('eventlog.replay'))
  const silent = appraise(genuine, steps, 'pc-client')
  assert.deepEqual(
    ids(silent),
    [17, 18].map(() => 'tolerated.register-without-log'),
  )
})

test('what a launch measures claims nothing of the boot, whatever it says it is', () => {
  const copies = genuine
    .filter(({ pcrIndex }) => [4, 7, 8].includes(pcrIndex))
    .map((event) => measure(17, event.eventType, event.data))
  const steps = [...genuine, ...copies, noAction(17, toUtf8('nothing'))]
  const got = appraise(steps, steps, 'pc-client')
  assert.deepEqual([got.verified, got.claims], [true, claimsOf(genuine)])
  const image = [...genuine, measure(17, EV.EFI_BOOT_SERVICES_APPLICATION, toUtf8('image'))]
  const told = appraise(image, image, 'pc-client')
  assert.deepEqual([told.verified, told.claims], [true, claimsOf(genuine)])
})
