import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InputError } from '../../src/http/consoles/line.ts'
import { ScreenInput } from '../../src/http/consoles/screen-input.ts'

const HELLO = Buffer.from('RFB 003.008\n')
const NONE = Buffer.from([1])
const KEY = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61])
const POINTER = Buffer.from([5, 1, 0, 9, 0, 9])
const SCAN = Buffer.from([255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 0x1e])
const ASK = Buffer.from([3, 1, 0, 0, 0, 0, 2, 0x80, 1, 0xe0])

/** Past its beginning. */
function begun(mayType: boolean): ScreenInput {
  const input = new ScreenInput(mayType)
  assert.deepEqual(
    input.take(Buffer.concat([HELLO, NONE, Buffer.from([0])])),
    bytes(HELLO, NONE, [1]),
  )
  return input
}

function bytes(...parts: (Uint8Array | number[])[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

test('who may type has keys and pointer passed on; who may not looks only, whatever their page sends', () => {
  assert.deepEqual(begun(true).take(bytes(KEY, POINTER, SCAN, ASK)), bytes(KEY, POINTER, SCAN, ASK))
  assert.deepEqual(begun(false).take(bytes(KEY, POINTER, SCAN, ASK)), bytes(ASK))
})

test('messages are the same in whatever pieces they come', () => {
  const all = bytes(HELLO, NONE, [0], KEY, ASK, POINTER)
  const [typing, watching] = [new ScreenInput(true), new ScreenInput(false)]
  const passed: number[][] = [[], []]
  for (const byte of all) {
    passed[0]!.push(...typing.take(new Uint8Array([byte])))
    passed[1]!.push(...watching.take(new Uint8Array([byte])))
  }
  assert.deepEqual(passed[0], [...bytes(HELLO, NONE, [1], KEY, ASK, POINTER)])
  assert.deepEqual(passed[1], [...bytes(HELLO, NONE, [1], ASK)])
})

test('of what a viewer understands QEMU learns the encodings that are known, and nothing of the clipboard', () => {
  const encodings = [7, -308, 16, -1063131698, -258, -309, 0, -312]
  const message = Buffer.alloc(4 + encodings.length * 4)
  message[0] = 2
  message.writeUInt16BE(encodings.length, 2)
  for (const [i, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + i * 4)
  const passed = Buffer.from(begun(true).take(message))
  assert.equal(passed.readUInt16BE(2), 4)
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => passed.readInt32BE(4 + i * 4)),
    [7, 16, -258, 0],
  )
  const text = Buffer.from([6, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69])
  assert.deepEqual(begun(true).take(bytes(text, KEY)), bytes(KEY))
})

test('what it does not know ends it: another version, a password, unknown messages, too long ones, sound', () => {
  const fresh =
    (...parts: (Uint8Array | number[])[]) =>
    () =>
      new ScreenInput(true).take(bytes(...parts))
  for (const take of [
    fresh(Buffer.from('RFB 003.003\n')),
    fresh(Buffer.from('GET / HTTP/1.1\r\n')),
    fresh(HELLO, [2]),
    () => begun(true).take(bytes([250, 0, 1, 2])),
    () => begun(true).take(bytes([251, 0, 0, 0])),
    () => begun(true).take(bytes([2, 0, 255, 255])),
    () => begun(true).take(bytes([6, 0, 0, 0, 0x7f, 255, 255, 255])),
    () => begun(true).take(bytes([255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
  ])
    assert.throws(take, InputError)
})
