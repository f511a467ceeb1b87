import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { ask, expected, foretell } from './attestation.ts'
import { BOOT_MS, smallImage, smallVm } from './machines.ts'

for (const memoryMiB of [512, 1024, 2048, 4096])
  for (const vcpus of [1, 2])
    test(`a clean boot with ${memoryMiB} MiB and ${vcpus} vCPUs is affirmed`, async (t) => {
      const { host, vm } = await smallVm(t, { memoryMiB, vcpus })
      const references = await foretell(await smallImage(), vm)
      await vm.start()
      await vm.waitForAgent(BOOT_MS)
      const { result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
      assert.equal(result.tier, 'affirming', JSON.stringify(result.findings))
    })
