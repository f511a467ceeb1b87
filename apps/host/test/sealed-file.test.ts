import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sealBytes, sealFile, unsealBytes, unsealFile } from '../src/sealed-file.ts'

const MIB = 1 << 20
const TAG = 16

function aFolder(t: { after: (done: () => void) => void }) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-sealed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return (name: string) => join(folder, name)
}

test('a file of any size comes back as it was, and nothing of it shows', async (t) => {
  const at = aFolder(t)
  const as = { key: randomBytes(32), name: 'a disk' }
  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB]) {
    const bytes = Buffer.alloc(size, 'something that repeats ')
    writeFileSync(at('plain'), bytes)
    await sealFile(at('plain'), at('sealed'), as)
    assert.equal(readFileSync(at('sealed')).includes('something'), false)
    await unsealFile(at('sealed'), at('back'), as)
    assert.ok(readFileSync(at('back')).equals(bytes), `${size} bytes`)
    assert.ok(Buffer.from(await unsealBytes(at('sealed'), 4 * MIB, as)).equals(bytes))
    for (const name of ['sealed', 'back']) rmSync(at(name))
  }
})

test('what was changed, cut short, put together otherwise, or sealed for something else is refused', async (t) => {
  const at = aFolder(t)
  const as = { key: randomBytes(32), name: 'a disk' }
  await sealBytes(randomBytes(2 * MIB + 5), at('sealed'), as)
  const sealed = readFileSync(at('sealed'))
  const piece = MIB + TAG
  const flipped = (index: number) => {
    const bytes = Buffer.from(sealed)
    bytes[index]! ^= 1
    return bytes
  }
  const faults: Record<string, Buffer> = {
    'first-byte-flipped': flipped(0),
    'last-byte-flipped': flipped(sealed.length - 1),
    'last-piece-gone': sealed.subarray(0, 2 * piece),
    'cut-in-a-piece': sealed.subarray(0, piece + 100),
    'first-two-swapped': Buffer.concat([
      sealed.subarray(piece, 2 * piece),
      sealed.subarray(0, piece),
      sealed.subarray(2 * piece),
    ]),
    'first-piece-gone': sealed.subarray(piece),
    'something-after-the-end': Buffer.concat([sealed, Buffer.alloc(TAG)]),
    empty: Buffer.alloc(0),
  }
  for (const [name, bytes] of Object.entries(faults)) {
    writeFileSync(at(name), bytes)
    await assert.rejects(unsealBytes(at(name), 4 * MIB, as), { code: 'sealed-file-refused' }, name)
  }
  for (const other of [{ key: randomBytes(32) }, { name: 'another' }])
    await assert.rejects(unsealBytes(at('sealed'), 4 * MIB, { ...as, ...other }), {
      code: 'sealed-file-refused',
    })
  await assert.rejects(unsealBytes(at('sealed'), MIB, as), { code: 'sealed-file-refused' })
})

test('a file is never sealed over another', async (t) => {
  const at = aFolder(t)
  const as = { key: randomBytes(32), name: 'a disk' }
  writeFileSync(at('there'), 'mine')
  await assert.rejects(sealBytes(randomBytes(5), at('there'), as), { code: 'EEXIST' })
  assert.equal(readFileSync(at('there'), 'utf8'), 'mine')
  assert.equal(existsSync(at('not')), false)
})
