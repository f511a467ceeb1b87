import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  appraiseEvidence,
  knownFirmware,
  QUOTED_PCRS,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate } from '@trusted-launch/crypto'
import {
  findFirmware,
  type Host,
  type Image,
  type Machine,
  openDiskFile,
} from '@trusted-launch/host'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, smallVm } from './machines.ts'

const banks = ['sha256'] as const
const memoryMiB = 1024

/** Reference values of the image for this VM, which has not started yet. */
async function foretold(t: TestContext, image: Image, vm: Machine, firmwareSha256: string) {
  const disk = openDiskFile(image.path, image.format)
  t.after(() => disk.close())
  const variables = await vm.readVariables()
  return predict({ disk, image, variables, banks, firmware: knownFirmware(firmwareSha256) })
}

async function attest(host: Host, vm: Machine, firmwareSha256: string) {
  const nonce = Uint8Array.from(randomBytes(32))
  const evidence = await vm.collectEvidence({ nonce, pcrs: [...QUOTED_PCRS], banks: [...banks] })
  const { accelerator } = await host.acceleration()
  const expectation = {
    vm: vm.id,
    nonce,
    akName: vm.identity.akName,
    generation: vm.identity.generation,
    retiredAkNames: [],
    banks,
    pcrs: QUOTED_PCRS,
    anchors: [Certificate.decode(host.trustAnchor)],
    machine: { firmwareSha256, memoryMiB, vcpus: 1, accelerator },
    rollback: null,
  }
  return { evidence, expectation }
}

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
  const { host, vm } = await smallVm(t, { image, memoryMiB })
  const code = readFileSync(findFirmware().code)
  const firmwareSha256 = createHash('sha256').update(code).digest('hex')
  const references = await foretold(t, image, vm, firmwareSha256)
  await vm.start()
  const { kernelRelease } = await vm.waitForAgent(2 * BOOT_MS)
  assert.match(kernelRelease, /cloud-amd64$/)

  const { evidence, expectation } = await attest(host, vm, firmwareSha256)
  const policy = TRUSTED_LAUNCH_POLICY
  const input = { evidence, expectation, references, policy, time: Date.now() }
  const { findings, chain, result } = appraiseEvidence(input)
  // its initial RAM file system is compressed, so the modules in it are not listed, nor judged
  assert.deepEqual(
    findings.map(({ id }) => id),
    ['reference-values.modules'],
  )
  assert.equal(result.tier, 'warning')
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
