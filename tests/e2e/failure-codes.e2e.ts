import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BootFailure, type Machine, putIntoEsp } from '@trusted-launch/host'
import { BOOT_MS, smallVm, testFolder } from './machines.ts'

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
    const configuration = ['set timeout=0', ...lines, ''].join('\n')
    await putIntoEsp(vm.disk.path, new Map([['EFI/debian/grub.cfg', Buffer.from(configuration)]]))
    const found = await failureOf(vm)
    assert.deepEqual([found.code, found.component, found.confirmed], [code, component, false])
    assert.match(found.console.join('\n'), said)
    assert.equal(vm.status().state, code === 'guest-stopped' ? 'exited' : 'running')
    await vm.stop({ graceful: false })
  }
  assert.ok(log.some(({ event }) => event === 'exited'))
})

test('a VM with an empty disk has no loader, and is not said to violate Secure Boot', async (t) => {
  const path = join(testFolder(t), 'empty')
  writeFileSync(path, '')
  truncateSync(path, 64 << 20)
  const { vm } = await smallVm(t, { image: { path, format: 'raw' } })
  const { code, component, confirmed, console } = await failureOf(vm)
  assert.deepEqual([code, component, confirmed], ['no-loader', 'loader', false])
  assert.match(console.join('\n'), /No bootable option/)
})

test('a VM that asks for Secure Boot with no keys is not made; one whose keys went is not started', async (t) => {
  await assert.rejects(smallVm(t, { signatures: null }), { code: 'secure-boot-not-enforced' })
  const { vm } = await smallVm(t)
  const blank = await smallVm(t, { signatures: null, secureBoot: false })
  writeFileSync(join(vm.folder, 'machine/vars.fd'), await blank.vm.readVariables())
  await assert.rejects(vm.start(), { code: 'secure-boot-not-enforced' })
  assert.equal(vm.status().state, 'stopped')
})
