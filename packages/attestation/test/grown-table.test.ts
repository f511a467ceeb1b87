import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import { isGrownTable, tableMeasured } from '../src/grown-table.ts'
import { eventLog, events } from './recorded.ts'

/** As the small guest's disk has it: one partition. */
const table = events.find(({ eventType }) => eventType === EV.EFI_GPT_EVENT)!.data
const header = 92
const entry = header + 8

/** A copy with these 64-bit numbers more. */
function grown(...fields: readonly (readonly [offset: number, more: bigint])[]): Uint8Array {
  const copy = Uint8Array.from(table)
  const view = new DataView(copy.buffer)
  for (const [at, more] of fields) view.setBigUint64(at, view.getBigUint64(at, true) + more, true)
  return copy
}

const alternate = 32
const lastUsable = 48
const starting = entry + 32
const ending = entry + 40
const disk = [
  [alternate, 2048n],
  [lastUsable, 2048n],
] as const

test('a table whose disk and last partition became longer grew, with other checksums', () => {
  const after = grown(...disk, [ending, 2048n])
  after.set([1, 2, 3, 4], 16)
  after.set([5, 6, 7, 8], 88)
  assert.ok(isGrownTable(table, after))
  assert.ok(isGrownTable(table, grown(...disk)), 'the disk alone')
  assert.ok(isGrownTable(table, table))
})

test('a table that became smaller, or where anything else is otherwise, did not grow', () => {
  assert.ok(!isGrownTable(grown(...disk, [ending, 2048n]), table))
  assert.ok(!isGrownTable(table, grown([ending, 1n << 40n])), 'beyond its disk')
  assert.ok(!isGrownTable(table, grown(...disk, [starting, 8n])))
  for (const at of [
    0,
    8,
    24,
    40,
    56,
    72,
    80,
    84,
    header,
    entry,
    entry + 16,
    entry + 48,
    entry + 56,
  ]) {
    const after = grown(...disk, [ending, 2048n])
    after[at]! ^= 1
    assert.ok(!isGrownTable(table, after), `byte ${at}`)
  }
  assert.ok(!isGrownTable(table, table.subarray(0, -1)))
  assert.ok(!isGrownTable(table, new Uint8Array()))
})

test('a partition that is not the last does not grow', () => {
  const one = table.subarray(entry, entry + 128)
  const later = Uint8Array.from(one)
  const view = new DataView(later.buffer)
  view.setBigUint64(32, view.getBigUint64(40, true) + 1n, true)
  view.setBigUint64(40, view.getBigUint64(40, true) + 9n, true)
  const both = (first: Uint8Array) => {
    const all = new Uint8Array([...grown(...disk).subarray(0, entry), ...first, ...later])
    all[header] = 2
    return all
  }
  const longer = Uint8Array.from(one)
  longer[40]! ^= 1
  assert.ok(isGrownTable(both(one), both(one)))
  assert.ok(!isGrownTable(both(one), both(longer)))
  assert.ok(!isGrownTable(both(one), grown(...disk)), 'one partition less')
})

test('a table is found in a log by the digest of its own bytes', () => {
  assert.deepEqual(tableMeasured(eventLog, toHex(digest('sha256', table))), table)
  assert.equal(tableMeasured(eventLog, '00'.repeat(32)), null)
})
