import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { test } from 'node:test'
import { BootFailure, putIntoEsp } from '@trusted-launch/host'
import { BOOT_MS, smallVm } from './machines.ts'

type Change = (disk: string) => unknown

/** mtools' name of the EFI system partition: it begins at 1 MiB. */
const removed =
  (...paths: string[]): Change =>
  (disk) =>
    assert.equal(
      spawnSync('mdel', ['-i', `${disk}@@1M`, ...paths.map((path) => `::${path}`)]).status,
      0,
    )

const configured =
  (...lines: string[]): Change =>
  (disk) => {
    const text = Buffer.from(['set timeout=0', ...lines, ''].join('\n'))
    return putIntoEsp(disk, new Map([['EFI/debian/grub.cfg', text]]))
  }

const rows: readonly [
  what: string,
  change: Change,
  code: BootFailure['code'],
  component: BootFailure['component'],
][] = [
  ['a disk of no size', (disk) => truncateSync(disk, 0), 'no-disk', null],
  ['no loader in the partition', removed('EFI/BOOT/BOOTX64.EFI'), 'no-loader', 'loader'],
  ['no GRUB beside shim', removed('EFI/BOOT/grubx64.efi'), 'no-loader', 'GRUB'],
  ['no kernel where GRUB looks', removed('vmlinuz'), 'kernel-not-found', 'kernel'],
  [
    'GRUB told of another kernel alone',
    configured('linuxefi /x', 'boot'),
    'kernel-not-found',
    'kernel',
  ],
  ['no initial RAM file system', removed('initrd.img'), 'guest-panic', null],
]

for (const [what, change, code, component] of rows)
  test(`${what}: ${code}`, async (t) => {
    const { vm } = await smallVm(t)
    await change(vm.disk.path)
    await vm.start()
    await assert.rejects(vm.waitForAgent(BOOT_MS), (e: unknown) => {
      assert.ok(e instanceof BootFailure, String(e))
      assert.deepEqual(
        [e.code, e.component, e.confirmed],
        [code, component, false],
        e.console.join('\n'),
      )
      return true
    })
  })
