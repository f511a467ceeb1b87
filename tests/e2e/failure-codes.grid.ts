import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { truncateSync } from 'node:fs'
import { test } from 'node:test'
import { BootFailure, buildSmall, type Machine, putIntoEsp } from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, smallVm } from './machines.ts'

async function failureOf(vm: Machine, timeoutMs = BOOT_MS): Promise<BootFailure> {
  await vm.start()
  try {
    await vm.waitForAgent(timeoutMs)
  } catch (e) {
    assert.ok(e instanceof BootFailure, String(e))
    return e
  }
  return assert.fail('the VM came up')
}

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
    const found = await failureOf(vm)
    assert.deepEqual(
      [found.code, found.component, found.confirmed],
      [code, component, false],
      found.console.join('\n'),
    )
  })

const kernel = 'linuxefi /vmlinuz console=ttyS0 loglevel=6'
const initrd = 'initrdefi /initrd.img'

/** What GRUB is told, and how that ends. */
const configurations: readonly [
  code: BootFailure['code'],
  component: BootFailure['component'],
  lines: readonly string[],
  said: RegExp,
][] = [
  ['kernel-not-found', 'kernel', ['linuxefi /gone', initrd, 'boot'], /file `\/gone' not found/],
  ['guest-panic', null, [`${kernel} rdinit=/gone`, initrd, 'boot'], /Kernel panic - not syncing/],
  ['guest-stopped', null, ['halt'], /BdsDxe: starting/],
  ['boot-loop', null, ['reboot'], /Welcome to GRUB/],
]

test('a boot that fails without a violation has its own code, component and the last lines of the console', async (t) => {
  const { vm, log } = await smallVm(t)
  assert.equal((await failureOf(vm, 1_000)).code, 'agent-silent')
  await vm.stop({ graceful: false })
  for (const [code, component, lines, said] of configurations) {
    await configured(...lines)(vm.disk.path)
    const found = await failureOf(vm)
    assert.deepEqual([found.code, found.component, found.confirmed], [code, component, false])
    assert.match(found.console.join('\n'), said)
    assert.equal(vm.status().state, code === 'guest-stopped' ? 'exited' : 'running')
    await vm.stop({ graceful: false })
  }
  assert.ok(log.some(({ event }) => event === 'exited'))
})

/** Prints what OVMF, shim and GRUB say of a violation, waits longer than words need to count, goes on. */
const liar = `#!/bin/busybox sh
echo 'BdsDxe: failed to load Boot0001 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x0): Access Denied'
echo 'Verification failed: (0x1A) Security Violation'
echo 'error: bad shim signature.'
sleep 10
`

test('a guest that prints the texts of a violation and boots raises nothing', async (t) => {
  const image = await buildSmall({ cacheDirectory, hooks: [Buffer.from(liar)] })
  const { vm, log } = await smallVm(t, { image })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.match(vm.consoles.tail(), /bad shim signature/)
  assert.ok(
    log.some(({ event }) => event === 'violation-refuted'),
    'it was looked at',
  )
})
