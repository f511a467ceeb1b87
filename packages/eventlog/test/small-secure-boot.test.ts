import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { equalBytes, fromHex, MalformedError } from '@trusted-launch/codec'
import {
  bootAggregateRule,
  decodeEventLog,
  decodeImaList,
  encodeEventLog,
  encodeImaList,
  explain,
  replay,
  replayIma,
  templateHashHolds,
  unmeasured,
} from '../src/index.ts'

const folder = join(import.meta.dirname, '../testdata/small-secure-boot')
const bytes = Uint8Array.from(readFileSync(join(folder, 'event-log')))
const imaBytes = Uint8Array.from(readFileSync(join(folder, 'ima-list')))
const stated: Record<string, string> = JSON.parse(
  readFileSync(join(folder, 'pcrs.json'), 'utf8'),
).sha256
const quoted = new Map(
  Object.entries(stated).map(([pcrIndex, hex]) => [Number(pcrIndex), fromHex(hex)]),
)

test('one boot of the small guest replays to what its TPM quoted, in every PCR but the IMA list’s', () => {
  const log = decodeEventLog(bytes)
  assert.deepEqual(encodeEventLog(log), bytes)
  const { pcrs, faults } = replay(log, 'sha256')
  assert.deepEqual(faults, [])
  for (const [pcrIndex, value] of quoted)
    if (pcrIndex !== 10) assert.deepEqual(pcrs.get(pcrIndex)!.value, value, `PCR ${pcrIndex}`)
})

test('each of its events is explained without a deviation', () => {
  for (const event of decodeEventLog(bytes).events) {
    const { status, quirk, disguised, kind } = explain(event, 'sha256')
    assert.notEqual(status, 'mismatch')
    assert.notEqual(kind, 'undecodable')
    assert.deepEqual([quirk, disguised], [null, null])
  }
})

test('its IMA list gives the quoted PCR 10, names each module, and belongs to this boot', () => {
  const list = decodeImaList(imaBytes)
  assert.deepEqual(encodeImaList(list), imaBytes)
  const { matched, violations, paddedSha1 } = replayIma(list, 'sha256', quoted.get(10)!)
  assert.deepEqual([matched, violations, paddedSha1], [list.length, 0, false])
  assert.equal(bootAggregateRule(list[0]!, 'sha256', quoted), 'pcr-0-to-9')
  assert.ok(list.every(templateHashHolds))
  assert.ok(
    list
      .slice(1)
      .every(({ data }) => data.kind === 'fields' && /^\/lib\/modules\/\w+\.ko$/.test(data.name)),
  )
})

/** Where in the log the bytes are that no PCR vouches for: types, the Spec ID event, `unmeasured` data. */
function freeBytes(): Set<number> {
  const free = new Set<number>()
  const log = decodeEventLog(bytes)
  let at = 0
  for (const event of log.events) {
    const head = event.index === 0 ? 32 : 4 + 4 + 4 + 2 + 32 + 4
    for (let i = 4; i < 8; i++) free.add(at + i)
    const ranges =
      event.index === 0
        ? [{ start: 0, end: event.data.length }]
        : unmeasured(event, explain(event, 'sha256'))
    for (const { start, end } of ranges) for (let i = start; i < end; i++) free.add(at + head + i)
    at += head + event.data.length
  }
  assert.equal(at, bytes.length)
  return free
}

test('a byte changed anywhere is malformed, moves a PCR, or contradicts its digest, but where no PCR vouches', () => {
  const free = freeBytes()
  const statuses = (log: Uint8Array) =>
    decodeEventLog(log)
      .events.map((event) => explain(event, 'sha256').status)
      .join()
  const before = statuses(bytes)
  let harmless = 0
  for (let at = 0; at < bytes.length; at += 7) {
    const changed = bytes.slice()
    changed[at] = changed[at]! ^ 0x04
    try {
      const { pcrs } = replay(decodeEventLog(changed), 'sha256')
      const moved = [...quoted].some(
        ([i, value]) => i !== 10 && !equalBytes(pcrs.get(i)!.value, value),
      )
      if (moved || statuses(changed) !== before) continue
      assert.ok(free.has(at), `byte ${at} is not among the unmeasured ones`)
      harmless++
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
    }
  }
  assert.ok(harmless > 0)
})
