import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSmall } from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, lineOf, smallVm } from './machines.ts'

const hook = `#!/bin/busybox sh
echo "processors: $(nproc)"
echo "memory: $(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)"
echo "tpm: $(ls /sys/class/tpm 2>/dev/null)"
`
const request = { nonce: new Uint8Array(32).fill(7), pcrs: [0, 7], banks: ['sha256' as const] }

test('a VM boots without a vTPM and with the processors and memory it is given, and has its vTPM back later', async (t) => {
  const image = await buildSmall({ cacheDirectory, hooks: [Buffer.from(hook)] })
  const { vm } = await smallVm(t, { image })
  const identity = vm.identity!
  await vm.settings.setVtpm(false)
  await vm.settings.reshape({ vcpus: 2, memoryMiB: 768 })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(vm.processes!.swtpm, null)
  assert.equal(await lineOf(vm, 'processors'), '2')
  const memory = Number(await lineOf(vm, 'memory'))
  assert.ok(memory > 640 && memory < 768, `${memory} MiB`)
  assert.equal(await lineOf(vm, 'tpm'), '')
  await assert.rejects(vm.collectEvidence(request), { code: 'machine-no-vtpm' })
  await assert.rejects(vm.settings.reshape({ vcpus: 1, memoryMiB: 512 }), {
    code: 'machine-running',
  })
  await assert.rejects(vm.settings.setVtpm(true), { code: 'machine-running' })
  assert.deepEqual(await vm.stop(), { graceful: true })

  await vm.settings.setVtpm(true)
  await vm.settings.reshape({ vcpus: 1, memoryMiB: 512 })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const { akPublic } = await vm.collectEvidence(request)
  assert.deepEqual(akPublic, identity.akPublic)
  assert.deepEqual(vm.identity!.akName, identity.akName)
})
