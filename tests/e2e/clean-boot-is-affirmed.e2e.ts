import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type AppraisalInput,
  appraiseEvidence,
  encodeRecord,
  knownFirmware,
  QUOTED_PCRS,
  type RollbackState,
  signTokensWith,
  TRUSTED_LAUNCH_POLICY,
  verifyRecord,
} from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import { Certificate, SigningKey } from '@trusted-launch/crypto'
import { fromBytes } from '@trusted-launch/disk'
import { findFirmware, type Host, type Machine } from '@trusted-launch/host'
import { BOOT_MS, smallImage, smallVm } from './machines.ts'

const banks = ['sha256', 'sha384'] as const
const fresh: RollbackState = { indexName: null, value: null, unanswered: [], resetCount: null }

/** Asks the VM once; what is expected comes from the host's record alone. */
async function ask(host: Host, vm: Machine, state: RollbackState) {
  const [nonce, extendNonce] = [randomBytes(32), randomBytes(32)].map((bytes) =>
    Uint8Array.from(bytes),
  )
  const request = {
    nonce: nonce!,
    pcrs: [...QUOTED_PCRS],
    banks: [...banks],
    extendNonce: extendNonce!,
  }
  const evidence = await vm.collectEvidence(request)
  const code = readFileSync(findFirmware().code)
  const firmwareSha256 = createHash('sha256').update(code).digest('hex')
  const { accelerator } = await host.acceleration()
  return {
    evidence,
    expectation: {
      vm: 'vm-1',
      nonce: nonce!,
      akName: vm.identity.akName,
      generation: vm.identity.generation,
      retiredAkNames: [],
      banks,
      pcrs: QUOTED_PCRS,
      anchors: [Certificate.decode(host.trustAnchor)],
      machine: { firmwareSha256, memoryMiB: 512, vcpus: 1, accelerator },
      rollback: { nonce: extendNonce!, state },
    },
    firmware: knownFirmware(firmwareSha256),
  }
}

function signingKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return SigningKey.fromPkcs8(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

test('a clean boot is affirmed against what was foretold, in two banks, again and again, and from its record', async (t) => {
  const image = await smallImage()
  const { host, vm } = await smallVm(t, { vtpm: { banks: [...banks] } })
  const variables = new Uint8Array(readFileSync(join(vm.folder, 'machine/vars.fd')))
  const disk = fromBytes(new Uint8Array(readFileSync(image.path)))
  await vm.start()
  await vm.waitForAgent(BOOT_MS)

  const first = await ask(host, vm, fresh)
  const references = predict({
    disk,
    image: { name: image.name, sha256: image.sha256 },
    variables,
    banks,
    firmware: first.firmware,
  })
  const judge = (asked: typeof first): AppraisalInput => ({
    evidence: asked.evidence,
    expectation: asked.expectation,
    references,
    policy: TRUSTED_LAUNCH_POLICY,
    time: Date.now(),
  })
  const input = judge(first)
  const appraised = appraiseEvidence(input)
  const grave = appraised.findings.filter(({ severity }) => severity !== 'info')
  assert.deepEqual(grave, [])
  assert.equal(appraised.result.tier, 'affirming')
  assert.deepEqual(
    appraised.chain.map(({ stage }) => stage),
    ['firmware', 'shim', 'GRUB', 'grub.cfg', 'kernel', 'kernel command line', 'initrd'],
  )
  assert.ok(appraised.chain.slice(1).every(({ verdict }) => verdict === 'expected'))

  const second = await ask(host, vm, appraised.rollback!)
  assert.equal(appraiseEvidence(judge(second)).result.tier, 'affirming')
  // The second answer does not continue itself: that is what an older state put back looks like.
  const stale = { ...second.expectation.rollback, state: { ...fresh, value: '00'.repeat(32) } }
  const back = judge({ ...second, expectation: { ...second.expectation, rollback: stale } })
  assert.equal(appraiseEvidence(back).findings[0]?.id, 'vtpm.rolled-back')

  const key = signingKey()
  const issuer = { issuer: 'https://localhost', lifetimeSeconds: 60, key: key.publicKey }
  const record = encodeRecord(input, appraised, issuer, signTokensWith(key))
  const verified = verifyRecord(record, { key: key.publicKey, anchors: input.expectation.anchors })
  assert.ok('appraised' in verified, 'fault' in verified ? verified.reason : '')
  assert.equal(verified.anchorKnown, true)
  assert.deepEqual(verified.appraised.result, appraised.result)
})
