import assert from 'node:assert/strict'
import test from 'node:test'
import { concat, equalBytes, fromHex, fromLatin1, MalformedError } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { buildEventLog, decodeEventLog, EV, encodeEventLog, explain, replay } from '../src/index.ts'
import { bytesOf, event, logOf, noAction, separator, smallBoot } from './a-log.ts'

const malformed = (path: RegExp, reason: RegExp) => (e: unknown) => {
  assert.ok(e instanceof MalformedError, String(e))
  assert.match(e.path, path)
  assert.match(e.reason, reason)
  return true
}

/** `bytes` with `patch` written at `offset`. */
function patched(bytes: Uint8Array, offset: number, ...patch: number[]): Uint8Array {
  const copy = bytes.slice()
  copy.set(patch, offset)
  return copy
}

/** Where the first event after the Spec ID event begins in a log of `banks` banks. */
const headerSize = (banks = 1) => 32 + 28 + 4 * banks + 1

test('a log comes out as it went in, with its banks and its events', () => {
  const bytes = bytesOf(smallBoot(['sha1', 'sha256']), ['sha1', 'sha256'])
  const log = decodeEventLog(bytes)
  assert.deepEqual(log.algorithms, ['sha1', 'sha256'])
  assert.equal(log.events.length, smallBoot().length + 1)
  assert.deepEqual(
    log.events.map(({ index }) => index),
    [...log.events.keys()],
  )
  assert.deepEqual(encodeEventLog(log), bytes)
})

test('the Spec ID event is read where a real firmware wrote it', () => {
  // OVMF, one SHA-256 bank, then one separator in PCR 7
  const bytes = fromHex(
    `0000000003000000${'00'.repeat(20)}21000000` +
      '53706563204944204576656e7430330000000000000200020100000' +
      '00b00200000' +
      `0700000004000000010000000b00${'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119'}0400000000000000`,
  )
  const log = decodeEventLog(bytes)
  assert.equal(log.specId?.specVersionMajor, 2)
  assert.equal(log.specId?.uintnSize, 2)
  assert.equal(log.events[1]?.pcrIndex, 7)
  assert.equal(explain(log.events[1]!, 'sha256').verified, true)
})

test('every truncation of a log that does not end between two events is malformed', () => {
  const bytes = bytesOf(smallBoot())
  const ends = new Set([headerSize()])
  let at = headerSize()
  for (const { data } of smallBoot()) {
    at += 8 + 4 + 34 + 4 + data.length
    ends.add(at)
  }
  for (let size = 0; size < bytes.length; size++)
    if (ends.has(size)) assert.ok(decodeEventLog(bytes.subarray(0, size)))
    else assert.throws(() => decodeEventLog(bytes.subarray(0, size)), MalformedError, `${size}`)
})

test('a mutated log decodes to something that encodes to the same bytes, or is malformed', () => {
  const bytes = bytesOf(smallBoot(['sha1', 'sha256']), ['sha1', 'sha256'])
  const random = randomFrom(7)
  let decoded = 0
  for (let i = 0; i < 4000; i++) {
    const mutated = bytes.slice()
    for (let k = random(3); k >= 0; k--) mutated[random(mutated.length)] = random(256)
    try {
      const log = decodeEventLog(mutated)
      assert.ok(equalBytes(encodeEventLog(log), mutated))
      replay(log, log.algorithms.includes('sha256') ? 'sha256' : 'sha1')
      for (const one of log.events) explain(one, 'sha256')
      decoded++
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
    }
  }
  assert.ok(decoded > 100)
})

test('the first event must be Spec ID Event03, in PCR 0, of zero digest, and nothing more', () => {
  const bytes = bytesOf([])
  const first = /^EventLog\.events\[0\]/
  assert.throws(() => decodeEventLog(new Uint8Array(0)), malformed(first, /truncated/))
  assert.throws(() => decodeEventLog(patched(bytes, 0, 1)), malformed(first, /PCR 0/))
  assert.throws(() => decodeEventLog(patched(bytes, 4, 4)), malformed(first, /EV_NO_ACTION/))
  assert.throws(() => decodeEventLog(patched(bytes, 8, 1)), malformed(first, /zeros/))
  assert.throws(() => decodeEventLog(patched(bytes, 32, 0x54)), malformed(first, /Spec ID Event03/))
  assert.throws(
    () => decodeEventLog(concat(patched(bytes, 28, bytes[28]! + 1), new Uint8Array(1))),
    malformed(first, /1 bytes too many/),
  )
})

test('an algorithm that is unknown, of another size, or declared twice is malformed', () => {
  const one = bytesOf([])
  const algorithm = 32 + 28
  assert.throws(
    () => decodeEventLog(patched(one, algorithm, 0x77)),
    malformed(/./, /no known hash/),
  )
  assert.throws(
    () => decodeEventLog(patched(one, algorithm + 2, 20)),
    malformed(/./, /sha256 digests of 20 bytes/),
  )
  const two = bytesOf([], ['sha256', 'sha384'])
  const again = patched(two, algorithm + 4, 0x0b, 0, 32, 0)
  assert.throws(() => decodeEventLog(again), malformed(/./, /declared twice/))
  assert.throws(
    () => decodeEventLog(patched(one, 32 + 24, 255, 255, 255, 255)),
    malformed(/digestSizes/, /more than 8/),
  )
})

test('an event has each declared digest exactly once', () => {
  const bytes = bytesOf([separator(0, ['sha256', 'sha384'])], ['sha256', 'sha384'])
  const count = headerSize(2) + 8
  assert.throws(
    () => decodeEventLog(patched(bytes, count, 1)),
    malformed(/digests/, /1 digests where/),
  )
  assert.throws(
    () => decodeEventLog(patched(bytes, count, 255, 255, 255, 255)),
    malformed(/digests/, /4294967295 digests/),
  )
  assert.throws(
    () => decodeEventLog(patched(bytes, count + 4, 0x04)),
    malformed(/digests\[0\]/, /0x4 is not declared/),
  )
  const second = count + 4 + 34
  assert.throws(
    () => decodeEventLog(patched(bytes, second, 0x0b)),
    malformed(/digests\[1\]/, /a second sha256 digest/),
  )
})

test('digests may stand in any order, and keep it', () => {
  const digests = separator(0, ['sha384', 'sha256'])
  const bytes = bytesOf([digests], ['sha256', 'sha384'])
  assert.deepEqual([...decodeEventLog(bytes).events[1]!.digests.keys()], ['sha384', 'sha256'])
  assert.deepEqual(encodeEventLog(decodeEventLog(bytes)), bytes)
})

test('a PCR above 23 is malformed', () => {
  const bytes = bytesOf([separator(0)])
  assert.throws(
    () => decodeEventLog(patched(bytes, headerSize(), 24)),
    malformed(/pcrIndex/, /PCR 24/),
  )
  assert.ok(decodeEventLog(patched(bytes, headerSize(), 23)))
})

test('an event larger than what is left is refused without being allocated', () => {
  const bytes = bytesOf([separator(0)])
  const size = bytes.length - 8
  assert.throws(() => decodeEventLog(patched(bytes, size, 5)), malformed(/event/, /truncated/))
  assert.throws(
    () => decodeEventLog(patched(bytes, size, 255, 255, 255, 255)),
    malformed(/event/, /more than/),
  )
})

test('a log above 1 MiB is refused before it is read', () => {
  assert.throws(
    () => decodeEventLog(new Uint8Array((1 << 20) + 1)),
    malformed(/^$/, /more than 1048576/),
  )
})

test('a second Spec ID event is malformed', () => {
  const [first] = logOf([]).events
  assert.throws(
    () => decodeEventLog(bytesOf([separator(0), noAction(0, first!.data)])),
    malformed(/events\[2\]/, /a second Spec ID event/),
  )
})

test('padding is refused, and allowed where an ACPI area was read', () => {
  for (const filler of [0xff, 0x00]) {
    const bytes = concat(bytesOf(smallBoot()), new Uint8Array(99).fill(filler))
    assert.throws(() => decodeEventLog(bytes), MalformedError)
    assert.equal(decodeEventLog(bytes, { padding: 'acpi' }).events.length, smallBoot().length + 1)
    const broken = patched(bytes, bytes.length - 1, 0x55)
    assert.throws(() => decodeEventLog(broken, { padding: 'acpi' }), MalformedError)
  }
})

test('an unknown event type and unknown data are values', () => {
  const log = decodeEventLog(bytesOf([event(5, 0xabcd, fromLatin1('what is this'))]))
  assert.deepEqual(explain(log.events[1]!, 'sha256').kind, 'opaque')
})

test('reading grows in step with the log: ten times the events, ten times the steps', () => {
  const steps = (count: number) => {
    const log = decodeEventLog(bytesOf(Array.from({ length: count }, (_, i) => separator(i % 8))))
    let reads = 0
    const counted = log.events.map((one) => ({
      ...one,
      get digests() {
        reads++
        return one.digests
      },
    }))
    replay({ ...log, events: counted }, 'sha256')
    for (const one of counted) explain(one, 'sha256')
    return reads
  }
  assert.ok(steps(5000) <= 10.5 * steps(500))
})

test('an event without a digest for each bank cannot be written', () => {
  const poor = { ...separator(0), digests: new Map() }
  assert.throws(() => bytesOf([poor]), RangeError)
  assert.throws(() => bytesOf([separator(0, ['sha1'])]), RangeError)
  assert.equal(EV.SEPARATOR, 4)
})

test('a confidential VM has registers 0 to 4, and its log may begin in register 1', () => {
  const log = buildEventLog(['sha384'], [])
  const digests = new Map([['sha384' as const, new Uint8Array(48)]])
  const written = (first: number, pcrIndex: number) =>
    encodeEventLog({
      ...log,
      events: [
        { ...log.events[0]!, pcrIndex: first },
        { index: 1, pcrIndex, eventType: 4, digests, data: new Uint8Array(4) },
      ],
    })
  assert.equal(decodeEventLog(written(1, 4), { padding: 'acpi' }).events.length, 2)
  assert.throws(() => decodeEventLog(written(1, 4)), MalformedError)
  assert.throws(() => decodeEventLog(written(1, 5), { padding: 'acpi' }), MalformedError)
  assert.throws(() => decodeEventLog(written(2, 4), { padding: 'acpi' }), MalformedError)
})
