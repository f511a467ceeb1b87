import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  encodeFrame,
  FRAME_BYTES_MAX,
  type Frame,
  FrameReader,
  QUESTION_FRAME_BYTES_MAX,
} from '@trusted-launch/channel'
import { randomFrom } from '@trusted-launch/codec/check'
import { filled } from './a-guest.ts'

const frames: Frame[] = [
  { type: 1, id: 7, payload: new Uint8Array() },
  { type: 0x82, id: 0xffff_ffff, payload: filled(3000, 0x41) },
  { type: 0xff, id: 0, payload: filled(FRAME_BYTES_MAX - 6, 0) },
]
const stream = Buffer.concat(frames.map(encodeFrame))

test('a frame is its length, version, type, id and payload', () => {
  const bytes = encodeFrame({ type: 3, id: 0x01020304, payload: Uint8Array.of(9) })
  assert.equal(Buffer.from(bytes).toString('hex'), '00000007' + '01' + '03' + '01020304' + '09')
  assert.throws(
    () => encodeFrame({ type: 1, id: 1, payload: filled(FRAME_BYTES_MAX, 0) }),
    RangeError,
  )
})

test('frames come out the same however the stream is cut', () => {
  const random = randomFrom(5)
  for (let round = 0; round < 30; round++) {
    const reader = new FrameReader()
    const found: Frame[] = []
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random(round === 0 ? 1 : 5000)
      found.push(...reader.read(stream.subarray(at, at + size)))
      at += size
    }
    assert.deepEqual(found, frames)
    assert.equal(reader.pendingBytes, 0)
  }
})

test('a payload stays as it is when the chunk it came in is used again', () => {
  const chunk = Uint8Array.from(encodeFrame(frames[1]!))
  const [frame] = new FrameReader().read(chunk)
  chunk.fill(0)
  assert.deepEqual(frame, frames[1])
})

const hostile: Record<string, { bytes: number[]; code: string; found: number }> = {
  '4 GiB': { bytes: [255, 255, 255, 255], code: 'frame-too-long', found: 0xffff_ffff },
  'one byte above the limit': { bytes: [0, 1, 0, 1], code: 'frame-too-long', found: 65537 },
  'no bytes': { bytes: [0, 0, 0, 0], code: 'frame-too-short', found: 0 },
  'less than a header': { bytes: [0, 0, 0, 5], code: 'frame-too-short', found: 5 },
  'another version': { bytes: [0, 0, 0, 6, 2], code: 'frame-version', found: 2 },
}

for (const [title, { bytes, code, found }] of Object.entries(hostile))
  test(`${title}: ${code} at the byte that says so, and for ever after`, () => {
    const reader = new FrameReader()
    const before = Uint8Array.from(bytes.slice(0, -1))
    assert.deepEqual([...reader.read(before)], [])
    const last = Uint8Array.from(bytes.slice(-1))
    assert.throws(() => [...reader.read(last)], { name: 'ChannelError', code, fields: { found } })
    assert.throws(() => [...reader.read(encodeFrame(frames[0]!))], { code })
  })

test('a side that is only asked takes smaller frames', () => {
  const reader = new FrameReader(QUESTION_FRAME_BYTES_MAX)
  assert.equal([...reader.read(encodeFrame(frames[0]!))].length, 1)
  assert.throws(() => [...reader.read(encodeFrame(frames[1]!))], { code: 'frame-too-long' })
})

test('a half frame holds no more than itself, and random bytes never more than one frame', () => {
  const half = new FrameReader()
  assert.deepEqual([...half.read(encodeFrame(frames[1]!).subarray(0, 1000))], [])
  assert.equal(half.pendingBytes, 1000)
  const random = randomFrom(11)
  for (let round = 0; round < 200; round++) {
    const reader = new FrameReader()
    const noise = Uint8Array.from({ length: 2000 }, () => random(256))
    noise.fill(0, 0, random(4))
    try {
      for (const _ of reader.read(noise)) assert.ok(reader.pendingBytes <= FRAME_BYTES_MAX)
    } catch (e) {
      assert.match((e as { code: string }).code, /^frame-/)
    }
  }
})
