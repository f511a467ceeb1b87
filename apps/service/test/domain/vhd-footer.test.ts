import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFixedVhd, VHD_FOOTER_BYTES, vhdFooter } from '../../src/domain/disk/vhd-footer.ts'

const ID = '01234567-89ab-cdef-0123-456789abcdef'
const AT = Date.parse('2000-01-01T00:01:00Z')
const MIB = 2 ** 20
const GIB = 2 ** 30
const withQemu = spawnSync('qemu-img', ['--version']).error === undefined
const skip = withQemu ? false : 'qemu-img is not installed'

test('a footer says size, time, name and geometry, and its sum is the complement of all its bytes’', () => {
  const footer = vhdFooter(GIB, ID, AT)
  assert.equal(footer.length, VHD_FOOTER_BYTES)
  assert.ok(isFixedVhd(footer))
  assert.equal(footer.readUInt32BE(24), 60)
  assert.equal(footer.readBigUInt64BE(40), BigInt(GIB))
  assert.equal(footer.subarray(68, 84).toString('hex'), ID.replaceAll('-', ''))
  const sum = footer.readUInt32BE(64)
  footer.writeUInt32BE(0, 64)
  const bytes = footer.reduce((total, byte) => total + byte, 0)
  assert.equal(sum, ~bytes >>> 0)
  assert.ok(!isFixedVhd(Buffer.alloc(VHD_FOOTER_BYTES)))
})

test('the geometry is the specification’s', () => {
  const geometry = (bytes: number) => {
    const footer = vhdFooter(bytes, ID, AT)
    return [footer.readUInt16BE(56), footer[58], footer[59]]
  }
  assert.deepEqual(geometry(40 * MIB), [963, 5, 17])
  assert.deepEqual(geometry(GIB), [2080, 16, 63])
  assert.deepEqual(geometry(1024 * GIB), [65_535, 16, 255])
})

test('qemu-img reads it as the disk that it is of, to the byte', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-vhd-'))
  try {
    const disk = Buffer.alloc(3 * MIB, 'somebody’s disk')
    const file = join(folder, 'disk.vhd')
    writeFileSync(file, Buffer.concat([disk, vhdFooter(disk.length, ID, AT)]))
    const info = JSON.parse(
      String(execFileSync('qemu-img', ['info', '-f', 'vpc', '--output', 'json', file])),
    )
    assert.equal(info['virtual-size'], disk.length)
    const raw = join(folder, 'disk.raw')
    execFileSync('qemu-img', ['convert', '-f', 'vpc', '-O', 'raw', file, raw])
    assert.ok(readFileSync(raw).equals(disk))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
