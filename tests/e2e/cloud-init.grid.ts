import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { ask, expected, foretell } from './attestation.ts'
import { debian12Image } from './debian-12-image.ts'
import { login, PASSWORD } from './debian-12-login.ts'
import { BOOT_MS, smallVm } from './machines.ts'

test('debian-12 comes up with the user, key, password and name it is given, and is affirmed', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { spec, run, untilLetIn } = await login(t)
  const { host, vm } = await smallVm(t, { image, memoryMiB: 1024, ...spec })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  await untilLetIn(vm)
  assert.equal(run('hostname').stdout, 'web\n')
  assert.equal(run('sudo getent shadow alice').stdout.split(':')[1], PASSWORD)
  assert.match(run('sudo cloud-init status --wait').stdout, /status: done\s*$/)
  assert.notEqual(run('sudo sh -c "echo >/dev/vdb"').status, 0, 'the seed is not to be written to')

  const { findings, result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.deepEqual([findings, result.tier], [[], 'affirming'])
})
