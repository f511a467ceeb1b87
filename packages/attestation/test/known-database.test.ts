import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, toUtf8 } from '@trusted-launch/codec'
import { digest, digestHex } from '@trusted-launch/crypto'
import { GUIDS, SignatureDatabase, sha256List } from '@trusted-launch/uefi'
import { forgetKnown } from '../src/known.ts'
import { databaseFrom } from '../src/known-database.ts'

const owner = GUIDS.MICROSOFT_SIGNATURE_OWNER
const hashes = (count: number) =>
  Array.from({ length: count }, (_, i) => digest('sha256', toUtf8(`image ${i}`)))
const listsOf = (count: number) => encode(SignatureDatabase, [sha256List(owner, hashes(count))])

test('a signature database is read once for all who have it, until it is forgotten', () => {
  forgetKnown()
  const first = databaseFrom(listsOf(2))
  assert.equal(databaseFrom(listsOf(2)), first)
  assert.notEqual(databaseFrom(listsOf(3)), first)
  forgetKnown('logs and keys')
  assert.equal(databaseFrom(listsOf(2)), first)
  forgetKnown()
  assert.notEqual(databaseFrom(listsOf(2)), first)
})

test('a signature database of more than 32 kB is read anew each time', () => {
  const long = listsOf(700)
  assert.ok(long.length > 32 * 1024)
  assert.notEqual(databaseFrom(long), databaseFrom(long))
  assert.deepEqual(databaseFrom(long).entries, databaseFrom(long).entries)
})

test('what is remembered of a signature database does not change with the bytes that were given', () => {
  forgetKnown()
  const given = listsOf(2)
  const { entries } = databaseFrom(given)
  given.fill(0)
  assert.equal(entries?.[1]?.sha256, digestHex('sha256', hashes(2)[1]!))
})

test('entries are found by the hash of their data, or of it but for its last byte', () => {
  const database = databaseFrom(listsOf(3))
  const [, data] = hashes(3)
  const whole = digestHex('sha256', data!)
  const short = digestHex('sha256', data!.subarray(0, -1))
  assert.equal(database.entryOf(whole), database.entries?.[1])
  assert.equal(database.shortEntryOf(short), database.entries?.[1])
  assert.deepEqual([database.entryOf(short), database.shortEntryOf(whole)], [null, null])
})

test('what is no signature database has a hash and no entries', () => {
  const foreign = toUtf8('neither lists nor entries')
  const { sha256, entries } = databaseFrom(foreign)
  assert.deepEqual([sha256, entries], [digestHex('sha256', foreign), null])
  assert.equal(databaseFrom(foreign).entryOf(sha256), null)
})
