import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { test } from 'node:test'
import { openBootDisk } from '@trusted-launch/bootchain'
import { BootFailure, type Machine, openDiskFile } from '@trusted-launch/host'
import { BOOT_MS, smallVm } from './machines.ts'

/** Changes one byte in the middle of a file of a disk that was written in one piece. */
async function changeFile(disk: string, path: string): Promise<void> {
  const image = readFileSync(disk)
  const from = openDiskFile(disk, 'raw')
  const { bytes } = openBootDisk(from).find(path)!
  from.close()
  const sector = 512
  const start = image.indexOf(Buffer.from(bytes.subarray(0, 64 * sector)))
  assert.ok(start > 0, `${path} is on the disk`)
  const at = start + (bytes.length >> 1)
  const file = await open(disk, 'r+')
  await file.write(Uint8Array.of(image[at]! ^ 1), 0, 1, at)
  await file.close()
}

async function failureOf(vm: Machine): Promise<BootFailure> {
  try {
    await vm.waitForAgent(BOOT_MS)
  } catch (e) {
    assert.ok(e instanceof BootFailure, String(e))
    assert.ok(e.console.length > 0)
    return e
  }
  return assert.fail('the VM came up')
}

for (const [component, path] of [
  ['loader', 'EFI/BOOT/BOOTX64.EFI'],
  ['GRUB', 'EFI/BOOT/grubx64.efi'],
  ['kernel', 'vmlinuz'],
] as const)
  test(`a VM whose ${component} was changed by one bit does not start it, and it is named, confirmed on the disk`, async (t) => {
    const { vm } = await smallVm(t)
    await changeFile(vm.disk.path, path)
    await vm.start()
    const { code, component: named, confirmed } = await failureOf(vm)
    assert.deepEqual([code, named, confirmed], ['secure-boot-violation', component, true])
    if (component !== 'loader') return
    const png = await vm.consoles.screenshot()
    assert.equal(Buffer.from(png.subarray(1, 4)).toString(), 'PNG')
  })
