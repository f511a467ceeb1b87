import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEvidence, encodeEvidence, IMA_LOG_BYTES_MAX } from '@trusted-launch/channel'
import { decode, fromHex, MalformedError } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import { EVIDENCE_REQUEST, QUOTED, ROLLBACK } from '../src/evidence.ts'
import { evidence, filled } from './a-guest.ts'

const codec = {
  name: 'Evidence',
  read: (from: any) => decodeEvidence(from.take(from.remaining)),
  write: (to: any, value: any) => to.put(encodeEvidence(value)),
}

const { moduleMessages: _, ...ofOlderAgent } = evidence

test('evidence and requests are written and read alike, and every truncation is refused', () => {
  checkCodec(codec, {
    whole: encodeEvidence(evidence),
    'of an older agent': encodeEvidence(ofOlderAgent),
    'no message': encodeEvidence({ ...evidence, moduleMessages: [] }),
    'nothing but quotes': encodeEvidence({
      ...ofOlderAgent,
      akCertificate: null,
      rollback: null,
      eventLog: null,
      imaLog: null,
      userspaceLog: null,
    }),
  })
  const nonce = '11'.repeat(32)
  checkCodec(EVIDENCE_REQUEST, {
    'one bank': `${nonce}02001701000b00`,
    'two banks and an extension': `${nonce}0002000b000c01${'22'.repeat(32)}`,
  })
  checkCodec(ROLLBACK, { small: '0001aa0001bb0001cc' })
  checkCodec(QUOTED, {
    empty: `00${'0001aa'}0000${'00'.repeat(5)}${'00000001'}${'00000002'}${'000000'}`,
  })
})

test('a request names ascending PCRs below 24 and one to four different banks', () => {
  const request = (pcrs: string, banks: string) =>
    decode(EVIDENCE_REQUEST, fromHex(`${'11'.repeat(32)}${pcrs}${banks}00`))
  assert.deepEqual(request('020717', '02000b000c').pcrs, [7, 23])
  for (const pcrs of ['020101', '020200', '0118'])
    assert.throws(() => request(pcrs, '01000b'), MalformedError, pcrs)
  for (const banks of ['00', '02000b000b', '010012', '05000b000c000d0004000b'])
    assert.throws(() => request('0100', banks), MalformedError, banks)
})

test('a log above its limit is refused on reading before anything is allocated', () => {
  const bytes = encodeEvidence({ ...ofOlderAgent, eventLog: null, userspaceLog: null })
  const size = evidence.imaLog!.length
  const at = bytes.length - 1 - size - 4
  new DataView(bytes.buffer).setUint32(at, IMA_LOG_BYTES_MAX + 1)
  assert.throws(() => decodeEvidence(bytes), { path: 'Evidence.imaLog' })
  assert.throws(
    () => encodeEvidence({ ...evidence, imaLog: filled(IMA_LOG_BYTES_MAX + 1, 0) }),
    RangeError,
  )
})

test('evidence of an older agent has no word of modules, and is written as it was', () => {
  const bytes = encodeEvidence(ofOlderAgent)
  assert.deepEqual([bytes[0], 'moduleMessages' in decodeEvidence(bytes)], [1, false])
  const later = encodeEvidence({ ...ofOlderAgent, moduleMessages: [] })
  assert.deepEqual([later[0], decodeEvidence(later).moduleMessages], [2, []])
  assert.throws(() => decodeEvidence(Uint8Array.of(3, ...bytes.subarray(1))), MalformedError)
})

test('what the kernel says of modules is 32 lines of 200 printable characters at most', () => {
  const lines =
    (count: number, characters: number, letter = 'x') =>
    () =>
      encodeEvidence({
        ...evidence,
        moduleMessages: Array.from({ length: count }, () => letter.repeat(characters)),
      })
  assert.ok(lines(32, 200)().length > 6400)
  for (const wrong of [lines(33, 1), lines(1, 201), lines(1, 1, '\u001b')])
    assert.throws(wrong, RangeError)
})

test('what a guest says of itself is printable ASCII', () => {
  const kernelRelease = '\u001b[2J6.1'
  assert.throws(
    () => encodeEvidence({ ...evidence, info: { ...evidence.info, kernelRelease } }),
    RangeError,
  )
  const bytes = encodeEvidence(evidence)
  const at = Buffer.from(bytes).indexOf('6.1.0-42-cloud-amd64')
  bytes[at] = 0x1b
  assert.throws(() => decodeEvidence(bytes), {
    path: 'Evidence.info.kernelRelease',
    reason: 'not printable ASCII',
  })
})
