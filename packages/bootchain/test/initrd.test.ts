import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concat, MalformedError, toUtf8 } from '@trusted-launch/codec'
import { appended } from '../../crypto/test/a-module.ts'
import { modulesOfInitrd, readNewc } from '../src/index.ts'

/** One entry of a newc archive. */
function entry(path: string, content: string | Uint8Array, mode = 0o100644): Uint8Array {
  const sizes = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length + 1, 0]
  const head = `070701${sizes.map((n) => n.toString(16).padStart(8, '0')).join('')}${path}\0`
  const pad = (part: string | Uint8Array) => {
    const bytes = typeof part === 'string' ? toUtf8(part) : part
    return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))
  }
  return concat(pad(head), pad(content))
}

const p7 = new URL('../../crypto/testdata/detached-by-key-identifier.p7', import.meta.url)
const module = appended(toUtf8('module'), Uint8Array.from(readFileSync(p7)))

const trailer = entry('TRAILER!!!', '', 0)
const archive = concat(
  entry('lib', '', 0o040755),
  entry('lib/modules/a.ko', module),
  entry('etc/boot', 'script'),
  trailer,
)

test('signed modules are listed with the digest IMA writes down', () => {
  const sha256 = createHash('sha256').update(module).digest('hex')
  assert.deepEqual(modulesOfInitrd(archive), [{ path: '/lib/modules/a.ko', sha256 }])
})

test('a module without a signature, or with one that is none, is no module that the kernel trusts', () => {
  const bare = entry('lib/modules/b.ko', 'module')
  const broken = entry('lib/modules/c.ko', appended(toUtf8('module'), toUtf8('no PKCS #7')))
  const listed = modulesOfInitrd(concat(bare, broken, archive))
  assert.deepEqual(listed, modulesOfInitrd(archive))
})

test('only regular files are read, up to the trailer', () => {
  const paths = readNewc(concat(archive, new Uint8Array(512))).map(({ path }) => path)
  assert.deepEqual(paths, ['lib/modules/a.ko', 'etc/boot'])
})

test('what follows the trailer and is not zeros may hold modules too: there is no list of them', () => {
  for (const more of [archive, Uint8Array.of(0, 0, 0, 0, 0x1f, 0x8b)]) {
    assert.equal(modulesOfInitrd(concat(archive, more)), null)
    assert.throws(() => readNewc(concat(archive, more)), MalformedError)
  }
})

test('a compressed archive has no list of modules, which is not an empty list', () => {
  assert.equal(modulesOfInitrd(Uint8Array.of(0x1f, 0x8b, 8, 0)), null)
})

test('every truncation is refused, and so is a size beyond the end', () => {
  for (let size = 0; size < archive.length - 3; size++)
    assert.throws(() => readNewc(archive.subarray(0, size)), MalformedError, String(size))
  const huge = entry('a', 'b')
  huge.set(toUtf8('ffffffff'), 6 + 8 * 6)
  assert.throws(() => readNewc(huge), MalformedError)
})
