import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { type Machine, MachineError } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, smallVm } from './machines.ts'

const script = { environment: { NAME: 'Ann' }, timeoutSeconds: 30 }

/** The agent starts after the attestation agent did. */
async function ran(vm: Machine, text: string) {
  for (const until = Date.now() + BOOT_MS; ; await sleep(1_000))
    try {
      return await vm.runScript({ ...script, script: text })
    } catch (error) {
      const isSilent = error instanceof MachineError && error.code === 'machine-commands-silent'
      if (!isSilent || Date.now() > until) throw error
    }
}

test('debian-12 runs scripts where it was made for it, its boot is as foretold', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { host, vm } = await smallVm(t, { image, memoryMiB: 1024, guestCommands: true })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)

  const end = await ran(vm, 'id -un; echo "$NAME"; echo oh >&2; exit 3')
  assert.deepEqual(end, { exitCode: 3, stdout: 'root\nAnn\n', stderr: 'oh\n' })
  const late = await vm.runScript({ ...script, script: 'sleep 60', timeoutSeconds: 1 })
  assert.equal(late.exitCode, 124)

  const { findings, result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.deepEqual(findings, [])
  assert.equal(result.tier, 'affirming')
})

test('a VM that was made without guest commands runs none', async (t) => {
  const { vm } = await smallVm(t)
  await vm.start()
  await assert.rejects(vm.runScript({ ...script, script: 'true' }), { code: 'machine-no-commands' })
})
