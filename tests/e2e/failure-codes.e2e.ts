import assert from 'node:assert/strict'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BootFailure } from '@trusted-launch/host'
import { BOOT_MS, smallVm, testFolder } from './machines.ts'

test('a VM with an empty disk fails with its own code and the last lines of its console', async (t) => {
  const path = join(testFolder(t), 'empty')
  writeFileSync(path, '')
  truncateSync(path, 64 << 20)
  const { vm } = await smallVm(t, { image: { path, format: 'raw' } })
  await vm.start()
  await assert.rejects(vm.waitForAgent(BOOT_MS), (e: unknown) => {
    assert.ok(e instanceof BootFailure)
    assert.deepEqual([e.code, e.component, e.confirmed], ['no-loader', 'loader', false])
    assert.match(e.console.join('\n'), /No bootable option/)
    return true
  })
})

test('a VM that asks for Secure Boot with no keys is not made, and a guest that is silent has its own code', async (t) => {
  await assert.rejects(smallVm(t, { signatures: null }), { code: 'secure-boot-not-enforced' })
  const { vm } = await smallVm(t)
  await vm.start()
  await assert.rejects(vm.waitForAgent(1_000), { code: 'agent-silent' })
})
