import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { appraiseEvidence } from '@trusted-launch/attestation'
import type { Machine } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, smallVm } from './machines.ts'

/** The line in which the guest tells that all its services are up. */
async function servicesTold(vm: Machine): Promise<string> {
  for (const until = performance.now() + BOOT_MS; performance.now() < until; await sleep(200)) {
    const line = /^trusted-launch: SSH is .*$/m.exec(vm.consoleTail())
    if (line !== null) return line[0]
  }
  throw new Error(`the services did not come up:\n${vm.consoleTail()}`)
}

test('a whole Debian 12 boots under Secure Boot as foretold, serves SSH, and stops at its power button', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { host, vm } = await smallVm(t, { image, memoryMiB: 1024 })
  const references = await foretell(image, vm)
  await vm.start()
  const { kernelRelease } = await vm.waitForAgent(2 * BOOT_MS)
  assert.match(kernelRelease, /cloud-amd64$/)

  const input = await ask(vm, await expected(host, vm, references))
  const { findings, chain, result } = appraiseEvidence(input)
  assert.deepEqual(findings, [])
  assert.equal(result.tier, 'affirming')
  const files = chain.slice(1)
  assert.deepEqual(
    files.map(({ stage }) => stage),
    ['shim', 'GRUB', 'grub.cfg', 'kernel', 'kernel command line', 'initrd'],
  )
  assert.ok(files.every(({ verdict }) => verdict === 'expected'))

  const told = await servicesTold(vm)
  assert.match(told, /SSH is active/)
  assert.match(told, /cloud-init says .*"errors":\[\]/)
  assert.deepEqual(await vm.stop({ graceful: true }), { graceful: true })
})
