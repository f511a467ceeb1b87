import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat } from '@trusted-launch/codec'
import { decodeEventLog, encodeEventLog } from '@trusted-launch/eventlog'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { eventLog } from './recorded.ts'

test('bytes changed where a log says how it is written are malformed', () => {
  const log = decodeEventLog(eventLog)
  const first = 32 + log.events[0]!.data.length
  const patches: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    'an event longer than what is left': (b) => b.with(first + 52, 0xff).with(first + 53, 0xff),
    'an event of 4 GiB': (b) => new Uint8Array(b).fill(0xff, first + 46, first + 50),
    'PCR 24': (b) => b.with(first, 24),
    'an algorithm that was not declared': (b) => b.with(first + 12, 0x0c),
    'a second Spec ID event': (b) =>
      concat(b, encodeEventLog({ ...log, events: [{ ...log.events[0]!, index: 0 }] })),
    'a first event whose digest is not zeros': (b) => b.with(8, 1),
    'a first event in another register': (b) => b.with(0, 1),
    'no first event': (b) => b.subarray(first),
    'no digest': (b) => b.with(first + 8, 0),
    'two digests where one is declared': (b) => b.with(first + 8, 2),
    'a byte more': (b) => concat(b, Uint8Array.of(0)),
    'a byte less': (b) => b.subarray(0, -1),
  }
  for (const [what, patch] of Object.entries(patches))
    for (const profile of ['strict', 'pc-client'] as const) {
      const logs = { eventLog: patch(eventLog), imaLog: null, userspaceLog: null }
      const got = appraiseEventLog({ ...logs, pcrs: new Map(), profile })
      assert.equal(got.malformed, true, `${what} in ${profile}`)
    }
})
