import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { appraiseEvidence, concludeWithoutEvidence, QUOTED_PCRS } from '@trusted-launch/attestation'
import { buildSmall, type Host, openHost } from '@trusted-launch/host'
import { ask, expected, foretell, randomNonce } from './attestation.ts'
import { BOOT_MS, cacheDirectory, closeAtEnd, lineOf, specOf, testFolder } from './machines.ts'

const hook = '#!/bin/busybox sh\n/bin/owner clear\n/bin/owner lock &\n'
const tlPath = join(import.meta.dirname, '../../apps/cli/bin/tl.mjs')

/** Runs the real command. */
function tl(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [tlPath, ...args], {
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

test('the AK comes back after EvictControl and TPM2_Clear, and not from a locked endorsement hierarchy; tl host vm reprovision retires it', async (t) => {
  const stateDirectory = testFolder(t)
  const extra = { 'bin/owner': await guestProgram('owner') }
  const image = await buildSmall({ cacheDirectory, extra, hooks: [Buffer.from(hook)] })
  const notes: string[] = []
  const options = {
    stateDirectory,
    log: ({ event, message }: { event: string; message: string }) => {
      if (event === 'vtpm-note') notes.push(message)
    },
  }
  let host = await openHost(options)
  closeAtEnd(t, { machines: () => host.machines(), close: () => host.close() } as Host)
  let vm = await host.create(specOf(image))
  const former = vm.identity!
  const foretold = await foretell(image, vm)

  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'owner'), 'cleared')
  const first = await ask(vm, await expected(host, vm, foretold))
  const affirmed = appraiseEvidence(first).result
  assert.equal(affirmed.tier, 'affirming', JSON.stringify(affirmed.findings))

  // This moves the index: the guest's program sees it and takes the endorsement hierarchy.
  const { nonce } = first.expectation
  const request = { nonce, pcrs: [...QUOTED_PCRS], banks: [...vm.spec.vtpm!.banks] }
  await vm.collectEvidence({ ...request, extendNonce: randomNonce() })
  assert.equal(await lineOf(vm, 'owner', 2), 'locked')
  await assert.rejects(vm.collectEvidence(request), (e: Error & { code?: string }) => {
    assert.equal(e.code, 'ak-unavailable')
    const { tier, findings } = concludeWithoutEvidence(first, e.code)
    assert.deepEqual([tier, findings[0]?.id], ['none', 'attestation-key.unavailable'])
    return true
  })

  await host.close()
  const state = ['--state', stateDirectory]
  const [shown] = JSON.parse(tl('host', 'vm', 'list', '--json', ...state).out)
  assert.deepEqual([shown.id, shown.state, shown.generation], ['vm-1', 'running', 1])
  const early = tl('host', 'vm', 'reprovision', 'vm-1', ...state)
  assert.equal(early.code, 1)
  assert.match(early.err, /^tl: vm-1 runs, and only a stopped VM .*: tl host vm stop vm-1$/m)

  host = await openHost(options)
  vm = host.machine('vm-1')
  await vm.stop({ graceful: false })
  await vm.start()
  assert.deepEqual(notes, ['vtpm.endorsement-locked', 'vtpm.cleared'], 'remarks, no refusal')
  await vm.stop({ graceful: false })

  await host.close()
  const made = tl('host', 'vm', 'reprovision', 'vm-1', '--json', ...state)
  assert.equal(made.code, 0, made.err)
  assert.equal(JSON.parse(made.out).generation, 2)
  host = await openHost(options)
  vm = host.machine('vm-1')
  assert.equal(vm.identity!.generation, 2)
  assert.notDeepEqual(vm.identity!.akName, former.akName)

  const foretoldNow = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const second = await ask(vm, await expected(host, vm, foretoldNow))
  const again = appraiseEvidence(second).result
  assert.equal(again.tier, 'affirming', JSON.stringify(again.findings))
  const late = { ...first, expectation: { ...second.expectation, nonce } }
  const refused = appraiseEvidence(late).result
  assert.equal(refused.tier, 'contraindicated')
  assert.equal(refused.findings[0]?.id, 'attestation-key.retired-generation')
  // By the record of its own generation the same evidence is good: the key alone is refused.
  assert.equal(appraiseEvidence(first).result.tier, 'affirming')
})
