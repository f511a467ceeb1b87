import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { toUtf16le } from '@trusted-launch/codec'
import { putIntoEsp } from '@trusted-launch/host'
import { decodeVariableStore } from '@trusted-launch/uefi'
import { ask, expected, foretell } from './attestation.ts'
import { BOOT_MS, smallImage, smallVm, testFolder } from './machines.ts'
import { filesOn } from './other-kernel.ts'

const [SHIM, GRUB] = ['EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/grubx64.efi']

const toText = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf16le')

/** Debian's signed program; null: its archive is not reached. */
function fallbackProgram(t: TestContext): Uint8Array | null {
  const cwd = testFolder(t)
  const name = 'shim-helpers-amd64-signed'
  if (spawnSync('apt-get', ['download', name], { cwd, stdio: 'ignore' }).status !== 0) return null
  execFileSync('dpkg-deb', ['-x', readdirSync(cwd)[0]!, '.'], { cwd })
  return readFileSync(join(cwd, 'usr/lib/shim/fbx64.efi.signed'))
}

test('a disk as Debian installs it, whose first boot makes its boot option and starts anew, is affirmed as foretold', async (t) => {
  const program = fallbackProgram(t)
  if (program === null) return t.skip('Debian’s archive is not reached')
  const small = await smallImage()
  const folder = testFolder(t)
  const image = { ...small, path: join(folder, 'disk') }
  copyFileSync(small.path, image.path)
  copyFileSync(join(dirname(small.path), 'image.json'), join(folder, 'image.json'))
  const files = await filesOn(image.path, [SHIM!, GRUB!])
  await putIntoEsp(
    image.path,
    new Map([
      ['EFI/BOOT/fbx64.efi', program],
      ['EFI/debian/shimx64.efi', files.get(SHIM!)!],
      ['EFI/debian/grubx64.efi', files.get(GRUB!)!],
      ['EFI/debian/BOOTX64.CSV', toUtf16le('\ufeffshimx64.efi,debian,,\n')],
    ]),
  )
  execFileSync('mdel', ['-i', `${image.path}@@1M`, `::${GRUB}`])

  const { host, vm } = await smallVm(t, { image })
  const references = await foretell(image, vm)
  const optionsOf = async () =>
    decodeVariableStore(await vm.readVariables())
      .list()
      .filter(({ name }) => /^Boot[0-9A-F]{4}$/.test(name))
  assert.deepEqual(await optionsOf(), [])
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  const { result, findings } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.deepEqual([findings, result.tier], [[], 'affirming'])
  const names = (await optionsOf()).map(({ data }) => toText(data.subarray(6)))
  assert.ok(
    names.some((text) => text.startsWith('debian\0')),
    'after attributes and length there is its description',
  )
  assert.match(vm.consoles.tail(), /Reset System/)
})
