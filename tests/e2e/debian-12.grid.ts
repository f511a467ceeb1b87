import assert from 'node:assert/strict'
import { test } from 'node:test'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, smallVm } from './machines.ts'

test('debian-12 stops in order when its power button is pressed before anything in it listens', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { vm } = await smallVm(t, { image, memoryMiB: 1024 })
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  assert.deepEqual(await vm.stop({ graceful: true, timeoutMs: BOOT_MS }), { graceful: true })
  assert.match(vm.consoleTail(), /Power down/)
})
