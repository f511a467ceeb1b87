import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, MalformedError, toUtf16le } from '@trusted-launch/codec'
import { fallbackLoader } from '../src/fallback.ts'
import type { BootDisk } from '../src/index.ts'

const BOM = Uint8Array.of(0xff, 0xfe)
const listOf = (text: string) => concat(BOM, toUtf16le(text))
const line = 'shimx64.efi,debian,,This is the boot entry for debian\n'

/** A disk of these files; letters' case counts here. */
function diskOf(files: Record<string, Uint8Array>): BootDisk {
  const inEfi = [...new Set(Object.keys(files).map((path) => path.split('/')[1]!))]
  const esp = {
    find: (path: string) => (path in files ? { isDirectory: false } : null),
    list: () => inEfi.map((name) => ({ name, isDirectory: !name.includes('.') })),
    readFile: (path: string) => files[path] ?? null,
  }
  return { esp } as unknown as BootDisk
}
const withFallback = (files: Record<string, Uint8Array>) =>
  fallbackLoader(diskOf({ 'EFI/BOOT/fbx64.efi': new Uint8Array(), ...files }))

test('a disk without shim’s fallback is started where firmware looks', () => {
  assert.equal(fallbackLoader(diskOf({ 'EFI/debian/BOOTX64.CSV': listOf(line) })), null)
})

test('shim’s fallback leads to the loader of the one line in a vendor’s folder, by the list of the machine’s kind first', () => {
  const other = listOf('other.efi,other,,\n')
  const found = 'EFI/debian/shimx64.efi'
  assert.equal(withFallback({ 'EFI/debian/BOOTX64.CSV': listOf(line) }), found)
  const both = { 'EFI/debian/BOOT.CSV': other, 'EFI/debian/BOOTX64.CSV': listOf(line) }
  assert.equal(withFallback(both), found)
  assert.equal(withFallback({ 'EFI/debian/BOOT.CSV': other }), 'EFI/debian/other.efi')
  const bare = { 'EFI/debian/BOOTX64.CSV': toUtf16le(`\r\n\r\n${line.trim()}\r\n\0more`) }
  assert.equal(withFallback(bare), found)
  const beside = { 'EFI/BOOT/BOOTX64.CSV': other, 'EFI/debian/BOOTX64.CSV': listOf(line) }
  assert.equal(withFallback(beside), found, 'the default folder is no vendor’s')
})

test('with no line, with two, or with a text for the loader nothing is foretold', () => {
  for (const text of ['', `${line}${line}`, 'shimx64.efi,debian,text,\n'])
    assert.throws(() => withFallback({ 'EFI/debian/BOOTX64.CSV': listOf(text) }), {
      code: 'UNPREDICTABLE',
    })
  const two = { 'EFI/a/BOOTX64.CSV': listOf(line), 'EFI/b/BOOTX64.CSV': listOf(line) }
  assert.throws(() => withFallback(two), { code: 'UNPREDICTABLE' })
  assert.throws(() => withFallback({}), { code: 'UNPREDICTABLE' })
  const odd = { 'EFI/debian/BOOTX64.CSV': Uint8Array.of(1) }
  assert.throws(() => withFallback(odd), MalformedError)
})
