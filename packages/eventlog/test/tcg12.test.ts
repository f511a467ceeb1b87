import assert from 'node:assert/strict'
import test from 'node:test'
import { concat, encode, fromLatin1, MalformedError } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import { decodeEventLog, EV, encodeEventLog, replay, TCG_PCR_EVENT } from '../src/index.ts'

const specId = (vendorInfo = 0) =>
  encode(TCG_PCR_EVENT, {
    pcrIndex: 0,
    eventType: EV.NO_ACTION,
    digest: new Uint8Array(20),
    event: concat(
      fromLatin1('Spec ID Event00\0'),
      Uint8Array.of(0, 0, 0, 0, 2, 1, 0, 2, vendorInfo),
    ),
  })
const separator = encode(TCG_PCR_EVENT, {
  pcrIndex: 7,
  eventType: EV.SEPARATOR,
  digest: digest('sha1', new Uint8Array(4)),
  event: new Uint8Array(4),
})
const old = { formats: ['tcg-1.2', 'crypto-agile'] } as const

test('a TPM 1.2 log is read on request only', () => {
  const bytes = concat(specId(), separator)
  assert.throws(() => decodeEventLog(bytes), MalformedError)
  const log = decodeEventLog(bytes, old)
  assert.equal(log.format, 'tcg-1.2')
  assert.deepEqual(log.algorithms, ['sha1'])
  assert.deepEqual(encodeEventLog(log), bytes)
})

test('a TPM 1.2 log replays in SHA-1', () => {
  const log = decodeEventLog(separator, old)
  const expected = digest('sha1', new Uint8Array(20), digest('sha1', new Uint8Array(4)))
  assert.deepEqual(replay(log, 'sha1').pcrs.get(7)!.value, expected)
  assert.throws(() => replay(log, 'sha256'), MalformedError)
})

test('a Spec ID event that is not first, or does not fit, is malformed', () => {
  assert.throws(() => decodeEventLog(concat(separator, specId()), old), MalformedError)
  assert.throws(() => decodeEventLog(concat(specId(9), separator), old), MalformedError)
  assert.throws(() => decodeEventLog(new Uint8Array(0), old), MalformedError)
})

test('a crypto-agile log is refused where only TPM 1.2 is allowed', () => {
  const agile = concat(specId(), separator)
  agile.set(fromLatin1('Spec ID Event03\0'), 32)
  assert.throws(() => decodeEventLog(agile, { formats: ['tcg-1.2'] }), /not allowed here/)
})

test('TCG_PCR_EVENT holds for every truncation and a thousand mutations', () => {
  checkCodec(TCG_PCR_EVENT, { 'Spec ID': specId(), separator })
})
