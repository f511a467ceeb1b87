import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { buildSmall, unsignedModule } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { BOOT_MS, cacheDirectory, lineOf, smallVm } from './machines.ts'
import { moduleSigner } from './module-signer.ts'

const load = `#!/bin/busybox sh
for who in stranger owner; do
  insmod /signed/$who.ko && verdict=loaded || verdict=refused
  echo "module-of-$who: $verdict"
done
`

test('under Secure Boot the kernel loads a module signed by a machine owner’s key that the VM was made with, refuses a stranger’s, and PCR 14 is as foretold', async (t) => {
  const [owner, stranger] = [moduleSigner('the owner'), moduleSigner('a stranger')]
  const module = unsignedModule(cacheDirectory)
  const image = await buildSmall({
    cacheDirectory,
    extra: {
      'signed/owner.ko': owner.sign(module),
      'signed/stranger.ko': stranger.sign(module),
    },
    hooks: [Buffer.from(load)],
  })
  const { host, vm } = await smallVm(t, { image, machineOwnerKeys: [owner.certificate] })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)

  assert.equal(await lineOf(vm, 'module-of-owner'), 'loaded')
  assert.equal(await lineOf(vm, 'module-of-stranger'), 'refused')
  const { findings, result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  // What the kernel wrote of the stranger's is told, and is all there is.
  assert.deepEqual(
    findings.map(({ id, severity }) => [id, severity]),
    [['module.reported', 'info']],
  )
  assert.equal(result.tier, 'affirming')
})
