import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildImage } from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, smallVm } from './machines.ts'

const request = {
  nonce: Uint8Array.from({ length: 32 }, (_, i) => i),
  pcrs: [...Array.from({ length: 16 }, (_, i) => i), 23],
  banks: ['sha256' as const],
}

const skip = process.getuid?.() === 0 ? false : 'the debian-12 image can only be built as root'
test('debian-12 starts under Secure Boot and its agent answers', { skip }, async (t) => {
  const image = await buildImage('debian-12', { cacheDirectory })
  const { vm } = await smallVm(t, { image, memoryMiB: 1024 })
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  const { info, eventLog } = await vm.collectEvidence(request)
  assert.match(info.kernelRelease, /cloud-amd64$/)
  assert.ok(eventLog !== null)
})
