import assert from 'node:assert/strict'
import test from 'node:test'
import { fromLatin1, toUtf16le } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { decodeEventData, describeData, EV } from '../src/index.ts'

const read = (eventType: number, data: Uint8Array) => decodeEventData({ eventType, data })
const said = (eventType: number, data: Uint8Array) => describeData(read(eventType, data))

test('a version is UTF-16 text, an action is Latin text, a code is text or a place in memory', () => {
  assert.equal(said(EV.S_CRTM_VERSION, toUtf16le('1.0\0')), 'version "1.0"')
  assert.equal(
    said(EV.EFI_ACTION, fromLatin1('Exit Boot Services Invocation')),
    'Exit Boot Services Invocation',
  )
  assert.equal(said(EV.POST_CODE, fromLatin1('ACPI DATA')), 'ACPI DATA')
  const place = Uint8Array.of(0, 0, 0x82, 0, 0, 0, 0, 0, 0, 0, 0xe, 0, 0, 0, 0, 0)
  assert.equal(said(EV.POST_CODE, place), '0x820000, 917504 bytes')
  assert.equal(said(EV.EFI_PLATFORM_FIRMWARE_BLOB, place), '0x820000, 917504 bytes')
})

test("what the Linux stub measured is a tag with its writer's word", () => {
  const data = read(EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 2, 0, 0, 0, 65, 0))
  assert.deepEqual(data, { kind: 'tagged', tags: [{ id: 0x8f3b22ec, data: Uint8Array.of(65, 0) }] })
})

test('data that its layout cannot read says so, in a line without control characters', () => {
  const data = read(EV.EFI_VARIABLE_BOOT, fromLatin1('\x1b[2Jshort'))
  assert.equal(data.kind, 'undecodable')
  assert.match(describeData(data), /^9 bytes not understood: UEFI_VARIABLE_DATA/)
  assert.equal(said(EV.IPL, fromLatin1('grub_cmd: echo \x1b[2J\0')), 'grub_cmd: echo \\x1b[2J')
  assert.equal(said(EV.IPL, fromLatin1(`grub_cmd: ${'x'.repeat(1000)}\0`)).length, 160)
})

test('a separator is read where it stands, also inside a larger buffer', () => {
  const pool = Buffer.from([9, 9, 9, 9, 1, 0, 0, 0, 9])
  assert.equal(said(EV.SEPARATOR, pool.subarray(4, 8)), 'separator 0x00000001')
})

test('any bytes under any type are read as something', () => {
  const random = randomFrom(9)
  const types = Object.values(EV)
  for (let i = 0; i < 20000; i++) {
    const data = Uint8Array.from({ length: random(80) }, () => (random(3) === 0 ? random(256) : 0))
    assert.equal(typeof said(types[random(types.length)]!, data), 'string')
  }
})

test('a run of anything before something else is read in time by its length, under any type', () => {
  for (const run of ['\0', '\0\0', ' ', '\t', 'x', 'x\0', '\xff', 'grub_cmd: ', '"', '.ko'])
    for (const eventType of new Set(Object.values<number>(EV))) {
      const data = fromLatin1(`${run.repeat(128_000 / run.length)}x\0\x01x`)
      const started = performance.now()
      said(eventType, data)
      const ms = performance.now() - started
      // 42 s where every NUL was tried as the beginning of those at the end
      assert.ok(ms < 2000, `${JSON.stringify(run)} under ${eventType}: ${ms} ms`)
    }
})
