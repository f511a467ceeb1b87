import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeNewc } from '../../src/images/newc.ts'

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

test('an archive has a header, a name and the bytes of each entry, all on multiples of four', () => {
  const archive = encodeNewc(
    [
      { path: 'etc', kind: 'directory' },
      { path: 'etc/word', kind: 'file', bytes: Buffer.from('hello'), executable: true },
      { path: 'init', kind: 'link', target: 'etc/word' },
      { path: 'dev/console', kind: 'device', major: 5, minor: 1 },
    ],
    0x65920080,
  )
  const found = entriesOf(archive)
  assert.deepEqual(found, [
    { ino: 1, mode: 0o040755, mtime: 0x65920080, name: 'etc', data: '', rdev: [0, 0] },
    { ino: 2, mode: 0o100755, mtime: 0x65920080, name: 'etc/word', data: 'hello', rdev: [0, 0] },
    { ino: 3, mode: 0o120777, mtime: 0x65920080, name: 'init', data: 'etc/word', rdev: [0, 0] },
    { ino: 4, mode: 0o020600, mtime: 0x65920080, name: 'dev/console', data: '', rdev: [5, 1] },
    { ino: 0, mode: 0, mtime: 0, name: 'TRAILER!!!', data: '', rdev: [0, 0] },
  ])
})

function entriesOf(archive: Uint8Array) {
  const entries = []
  for (let at = 0; at < archive.length; ) {
    assert.equal(at % 4, 0)
    assert.equal(text(archive.subarray(at, at + 6)), '070701')
    const field = (i: number) =>
      Number.parseInt(text(archive.subarray(at + 6 + 8 * i, at + 14 + 8 * i)), 16)
    const [ino, mode, mtime, size, nameSize] = [field(0), field(1), field(5), field(6), field(11)]
    const name = text(archive.subarray(at + 110, at + 109 + nameSize))
    const start = at + Math.ceil((110 + nameSize) / 4) * 4
    const data = text(archive.subarray(start, start + size))
    entries.push({ ino, mode, mtime, name, data, rdev: [field(9), field(10)] })
    at = start + Math.ceil(size / 4) * 4
  }
  return entries
}
