import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { MalformedError, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeUserspaceLog, extend, isTextMeasured, replayUserspaceLog } from '../src/index.ts'

const record = (string: string, change: Record<string, unknown> = {}) => ({
  pcr: 11,
  digests: [{ hashAlg: 'sha256', digest: toHex(digest('sha256', toUtf8(string))) }],
  content_type: 'systemd',
  content: { string, bootId: '0f', timestamp: 1, eventType: 'phase' },
  ...change,
})
const logOf = (...records: unknown[]) =>
  toUtf8(records.map((one) => `\x1e${JSON.stringify(one)}\n`).join(''))

test("systemd's measurements are read, checked against their text, and replayed", () => {
  const records = decodeUserspaceLog(logOf(record('enter-initrd'), record('leave-initrd')))
  assert.deepEqual(
    records.map(({ text, eventType }) => [text, eventType]),
    [
      ['enter-initrd', 'phase'],
      ['leave-initrd', 'phase'],
    ],
  )
  assert.ok(records.every((one) => isTextMeasured(one, 'sha256')))
  const start = new Uint8Array(32).fill(1)
  let expected = extend('sha256', start, digest('sha256', toUtf8('enter-initrd')))
  expected = extend('sha256', expected, digest('sha256', toUtf8('leave-initrd')))
  assert.deepEqual(replayUserspaceLog(records, 'sha256', new Map([[11, start]])).get(11), expected)
})

test('text that is not what was measured is found out', () => {
  const forged = record('sysinit', { content: { string: 'ready' } })
  const [one] = decodeUserspaceLog(logOf(forged))
  assert.equal(isTextMeasured(one!, 'sha256'), false)
  const [secret] = decodeUserspaceLog(logOf(record('x', { content: { eventType: 'volume-key' } })))
  assert.deepEqual([secret!.text, isTextMeasured(secret!, 'sha256')], [null, false])
})

test('a measurement into an NV index extends no PCR', () => {
  const records = decodeUserspaceLog(logOf(record('x', { pcr: undefined, nv_index: 30408704 })))
  assert.equal(records[0]!.pcrIndex, null)
  assert.equal(replayUserspaceLog(records, 'sha256', new Map()).size, 0)
})

test('a log that lacks the bank cannot be replayed', () => {
  const records = decodeUserspaceLog(logOf(record('x')))
  assert.throws(() => replayUserspaceLog(records, 'sha384', new Map()), MalformedError)
})

test('every truncation but whole records is malformed', () => {
  const bytes = logOf(record('enter-initrd'), record('ready'))
  const first = logOf(record('enter-initrd')).length
  for (let size = 1; size < bytes.length; size++)
    if (size !== first)
      assert.throws(() => decodeUserspaceLog(bytes.subarray(0, size)), MalformedError)
  assert.deepEqual(decodeUserspaceLog(new Uint8Array(0)), [])
})

test('records of another shape are malformed', () => {
  const [good] = record('x').digests
  const bad: Record<string, unknown> = {
    'a PCR above 23': record('x', { pcr: 24 }),
    'a fraction of a PCR': record('x', { pcr: 1.5 }),
    'neither PCR nor NV index': record('x', { pcr: undefined }),
    'no digests': record('x', { digests: [] }),
    'digests of another shape': record('x', { digests: [7] }),
    'an unknown hash': record('x', { digests: [{ ...good, hashAlg: 'md5' }] }),
    'a hash out of a prototype': record('x', { digests: [{ ...good, hashAlg: 'toString' }] }),
    'a digest of another size': record('x', { digests: [{ ...good, hashAlg: 'sha384' }] }),
    'a digest twice': record('x', { digests: [good, good] }),
    'no hexadecimal': record('x', { digests: [{ ...good, digest: 'zz' }] }),
    'a list': [record('x')],
    'a number': 7,
  }
  for (const [title, value] of Object.entries(bad))
    assert.throws(() => decodeUserspaceLog(logOf(value)), MalformedError, title)
  assert.throws(() => decodeUserspaceLog(toUtf8('{}\n')), /no record separator/)
  assert.throws(() => decodeUserspaceLog(toUtf8('\x1e{\n')), /not JSON/)
  assert.throws(() => decodeUserspaceLog(Uint8Array.of(0x1e, 0xff, 0x0a)), /not UTF-8/)
})

test('what systemd 257 wrote down gives what its TPM held, in each bank', () => {
  const folder = join(import.meta.dirname, '../testdata/systemd-257-phases')
  const records = decodeUserspaceLog(Uint8Array.from(readFileSync(join(folder, 'userspace-log'))))
  const stated = JSON.parse(readFileSync(join(folder, 'pcrs.json'), 'utf8'))
  for (const bank of ['sha256', 'sha384'] as const) {
    assert.ok(records.every((one) => isTextMeasured(one, bank)))
    const values = replayUserspaceLog(records, bank, new Map())
    const hex = [...values].map(([pcr, value]) => [pcr, toHex(value)])
    assert.deepEqual(Object.fromEntries(hex), stated[bank])
  }
})
