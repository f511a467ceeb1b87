import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import {
  type AppraisalInput,
  appraiseEvidence,
  concludeWithoutEvidence,
  knownFirmware,
  QUOTED_PCRS,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import { buildSmall, findFirmware, type Host, type Machine, openHost } from '@trusted-launch/host'
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

/** What is asked of the VM, and what it is held against: the record of now, and the pristine image. */
async function asked(host: Host, vm: Machine) {
  const nonce = Uint8Array.from(randomBytes(32))
  const request = { nonce, pcrs: [...QUOTED_PCRS], banks: ['sha256' as const] }
  const { generation, akName, retiredAkNames } = vm.identity
  const firmwareSha256 = createHash('sha256')
    .update(readFileSync(findFirmware().code))
    .digest('hex')
  const { accelerator } = await host.acceleration()
  const expectation = {
    ...{ vm: vm.id, nonce, akName, generation, retiredAkNames },
    banks: ['sha256' as const],
    pcrs: QUOTED_PCRS,
    anchors: [Certificate.decode(host.trustAnchor)],
    machine: { firmwareSha256, memoryMiB: 512, vcpus: 1, accelerator },
    rollback: null,
  }
  return { request, expectation, firmware: knownFirmware(firmwareSha256) }
}

test('the AK comes back after EvictControl and TPM2_Clear, and not from a locked endorsement hierarchy; tl vm reprovision retires it', async (t) => {
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
  const former = vm.identity
  const disk = fromBytes(new Uint8Array(readFileSync(image.path)))
  const input = (
    { expectation, firmware }: Awaited<ReturnType<typeof asked>>,
    variables: Uint8Array,
  ): Omit<AppraisalInput, 'evidence'> => ({
    expectation,
    references: predict({
      ...{ disk, variables, firmware, banks: ['sha256'] },
      image: { name: image.name, sha256: image.sha256 },
    }),
    policy: TRUSTED_LAUNCH_POLICY,
    time: Date.now(),
  })
  const variables = await vm.readVariables()

  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'owner'), 'cleared')
  const first = await asked(host, vm)
  const evidence = await vm.collectEvidence(first.request)
  const affirmed = appraiseEvidence({ ...input(first, variables), evidence }).result
  assert.equal(affirmed.tier, 'affirming', JSON.stringify(affirmed.findings))

  // This moves the index: the guest's program sees it and takes the endorsement hierarchy.
  await vm.collectEvidence({ ...first.request, extendNonce: randomBytes(32) })
  assert.equal(await lineOf(vm, 'owner', 2), 'locked')
  await assert.rejects(vm.collectEvidence(first.request), (e: Error & { code?: string }) => {
    assert.equal(e.code, 'ak-unavailable')
    const { tier, findings } = concludeWithoutEvidence(input(first, variables), e.code)
    assert.deepEqual([tier, findings[0]?.id], ['none', 'attestation-key.unavailable'])
    return true
  })

  await host.close()
  const state = ['--state', stateDirectory]
  const [shown] = JSON.parse(tl('vm', 'list', '--json', ...state).out)
  assert.deepEqual([shown.id, shown.state, shown.generation], ['vm-1', 'running', 1])
  const early = tl('vm', 'reprovision', 'vm-1', ...state)
  assert.equal(early.code, 1)
  assert.match(early.err, /^tl: vm-1 runs$/m)

  host = await openHost(options)
  vm = host.machine('vm-1')
  await vm.stop({ graceful: false })
  await vm.start()
  assert.deepEqual(notes, ['vtpm.endorsement-locked', 'vtpm.cleared'], 'remarks, no refusal')
  await vm.stop({ graceful: false })

  await host.close()
  const made = tl('vm', 'reprovision', 'vm-1', '--json', ...state)
  assert.equal(made.code, 0, made.err)
  assert.equal(JSON.parse(made.out)[0].generation, 2)
  host = await openHost(options)
  vm = host.machine('vm-1')
  assert.equal(vm.identity.generation, 2)
  assert.notDeepEqual(vm.identity.akName, former.akName)

  const now = await vm.readVariables()
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const second = await asked(host, vm)
  const next = await vm.collectEvidence(second.request)
  const again = appraiseEvidence({ ...input(second, now), evidence: next }).result
  assert.equal(again.tier, 'affirming', JSON.stringify(again.findings))
  const { nonce } = first.expectation
  const old = { ...second, expectation: { ...second.expectation, nonce } }
  const refused = appraiseEvidence({ ...input(old, variables), evidence }).result
  assert.equal(refused.tier, 'contraindicated')
  assert.equal(refused.findings[0]?.id, 'attestation-key.retired-generation')
  // By the record of its own generation the same evidence is good: the key alone is refused.
  assert.equal(appraiseEvidence({ ...input(first, variables), evidence }).result.tier, 'affirming')
})
