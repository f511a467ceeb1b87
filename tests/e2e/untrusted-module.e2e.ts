import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence, identifyModules } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { buildSmall, unsignedModule } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { guestModules } from './guest-modules.ts'
import { BOOT_MS, cacheDirectory, lineOf, smallVm } from './machines.ts'

const hook = `#!/bin/busybox sh
insmod /lib/modules/failover.ko && echo "signed: taken"
insmod /lib/modules/dummy.ko || echo "unsigned: refused"
`

test('a module that nobody signed is named by its digest; what the kernel wrote of it is told and not verified; a signer only of a file that was measured', async (t) => {
  const unsigned = new Uint8Array(unsignedModule(cacheDirectory))
  const signed = guestModules(['failover'])
  const extra = { ...signed, 'lib/modules/dummy.ko': unsigned }
  const image = await buildSmall({ cacheDirectory, hooks: [Buffer.from(hook)], extra })
  const { host, vm } = await smallVm(t, { image })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'unsigned'), 'refused')
  const evidence = await ask(vm, await expected(host, vm, references))
  const { result, findings } = appraiseEvidence(evidence)
  assert.equal(result.tier, 'warning', JSON.stringify(findings))

  const untrusted = findings.find(({ id }) => id === 'module.untrusted')
  assert.equal(untrusted?.component, 'kernel module dummy')
  assert.equal(untrusted?.actual, `sha256:${toHex(digest('sha256', unsigned))}`)

  const lines = result.claims['module-messages']
  assert.match(JSON.stringify(lines?.value), /rejected|restricted/)
  assert.equal(lines?.verified, false)
  assert.equal(findings.find(({ id }) => id === 'module.reported')?.severity, 'info')

  const [failover] = Object.values(signed)
  const [bare, kept, other] = identifyModules(evidence, [
    unsigned,
    failover!,
    failover!.subarray(1),
  ])
  assert.deepEqual([bare!.paths, bare!.signers], [['/lib/modules/dummy.ko'], []])
  assert.match(kept!.signers![0]!.issuer ?? '', /kernel key/)
  assert.deepEqual([other!.entries, other!.signers], [[], null])
})
