import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BootFailure, type Machine } from '@trusted-launch/host'
import { BOOT_MS, smallVm, testFolder } from './machines.ts'

async function failureOf(vm: Machine): Promise<BootFailure> {
  await vm.start()
  try {
    await vm.waitForAgent(BOOT_MS)
  } catch (e) {
    assert.ok(e instanceof BootFailure, String(e))
    return e
  }
  return assert.fail('the VM came up')
}

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
