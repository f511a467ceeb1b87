import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, encode, fromUtf8, toUtf8, u32le, u64le } from '@trusted-launch/codec'
import { checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import type { PeImage } from '@trusted-launch/uefi'
import { grubUnordered } from '../src/grub-unordered.ts'
import * as door from '../src/index.ts'
import { debianGrub, diskOf } from './a-disk.ts'

const errors = [door.BootChainError]
const anywhere = () => true
const field = (value: number) => value.toString(16).padStart(8, '0')
const entry = (path: string, content: string, mode: number) => {
  const sizes = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length + 1, 0]
  const pad = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, '\0')
  return toUtf8(pad(`070701${sizes.map(field).join('')}${path}\0`) + pad(content))
}
const archive = concat(entry('lib/a.ko', 'module!!', 0o100644), entry('TRAILER!!!', '', 0))

/** GRUB's modules: a header, then a memory disk that is none and a prefix. */
const object = (type: number, bytes: Uint8Array) =>
  concat(encode(u32le, type), encode(u32le, 8 + bytes.length), bytes)
const objects = concat(object(1, new Uint8Array(512)), object(3, toUtf8('/EFI/debian\0')))
const modules = concat(
  encode(u32le, 0x676d696d),
  new Uint8Array(4),
  encode(u64le, 24n),
  encode(u64le, BigInt(24 + objects.length)),
  objects,
)

const configuration = `set prefix=($root)/boot # where
if [ -z "$prefix" -o ! -e "\${prefix}/x" ]; then search --file --set=root /vmlinuz; fi
load_env
function f { echo "$1"; }
f a
search --no-floppy --fs-uuid --set=root 74F1-A001
menuentry 'My "Linux"' --id a { linuxefi /vmlinuz quiet "a b"
  initrdefi /initrd.img
}
set default=a
set timeout=0
`
const files = {
  ...{ vmlinuz: 'K', 'initrd.img': 'I' },
  'boot/grubenv': '# GRUB Environment Block\nkept=a b\n###',
}

test('runGrub runs or refuses whatever a configuration says', () => {
  const run = (bytes: Uint8Array) => {
    const builtIn = debianGrub(fromUtf8(bytes))
    return door.runGrub(builtIn, diskOf(files), 'EFI/BOOT')
  }
  const vectors = { configuration: toUtf8(configuration) }
  checkDecoder(run, vectors, { errors, isWhole: anywhere, tries: 2000 })
})

test('grubUnordered tells or refuses whatever a configuration says', () => {
  const run = (bytes: Uint8Array) => {
    const onRoot = { ...files, 'boot/grub/grub.cfg': bytes }
    return grubUnordered(debianGrub(configuration), diskOf(onRoot), 'EFI/BOOT')
  }
  const loops = 'while [ $a != b ]; do set a=b; done\nfor x in *.c a; do echo $x; done\n'
  const vectors = { configuration: toUtf8(loops + configuration) }
  checkDecoder(run, vectors, { errors, isWhole: anywhere, tries: 1000 })
})

test('readNewc refuses what is cut short, and modulesOfInitrd says that it cannot read it', () => {
  // The last three bytes pad the archive's end.
  const isWhole = (size: number) => size >= archive.length - 3
  checkDecoder(door.readNewc, { archive }, { isWhole, tries: 2000 })
  checkDecoder(door.modulesOfInitrd, { archive }, { isWhole: anywhere })
})

test('grubBuiltIn refuses modules that are none, and a memory disk that is none', () => {
  const read = (rawData: Uint8Array) => {
    const image = { sections: [{ name: 'mods', rawData, data: rawData }] } as unknown as PeImage
    assert.throws(() => door.grubBuiltIn(image), { name: 'MalformedError' })
  }
  checkDecoder(read, { modules }, { isWhole: anywhere, tries: 2000 })
})

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), ['openBootDisk', 'readNewc'])
})
