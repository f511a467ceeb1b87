import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import {
  appraiseEvidence,
  encodeRecord,
  type RollbackState,
  signTokensWith,
  verifyRecord,
} from '@trusted-launch/attestation'
import { SigningKey } from '@trusted-launch/crypto'
import { ask, expected, foretell, randomNonce } from './attestation.ts'
import { BOOT_MS, smallImage, smallVm } from './machines.ts'

const fresh: RollbackState = { indexName: null, value: null, unanswered: [], resetCount: null }

function signingKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return SigningKey.fromPkcs8(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

test('a clean boot is affirmed against what was foretold, in two banks, again and again, and from its record', async (t) => {
  const { host, vm } = await smallVm(t, { vtpm: { banks: ['sha256', 'sha384'] } })
  const references = await foretell(await smallImage(), vm)
  const asked = async (state: RollbackState) =>
    ask(vm, await expected(host, vm, references, { nonce: randomNonce(), state }))
  await vm.start()
  await vm.waitForAgent(BOOT_MS)

  const input = await asked(fresh)
  const appraised = appraiseEvidence(input)
  const grave = appraised.findings.filter(({ severity }) => severity !== 'info')
  assert.deepEqual(grave, [])
  assert.equal(appraised.result.tier, 'affirming')
  assert.deepEqual(
    appraised.chain.map(({ stage }) => stage),
    ['firmware', 'shim', 'GRUB', 'grub.cfg', 'kernel', 'kernel command line', 'initrd'],
  )
  assert.ok(appraised.chain.slice(1).every(({ verdict }) => verdict === 'expected'))

  const second = await asked(appraised.rollback!)
  assert.equal(appraiseEvidence(second).result.tier, 'affirming')
  // The second answer does not continue itself: that is what an older state put back looks like.
  const { expectation } = second
  const stale = { ...expectation.rollback!, state: { ...fresh, value: '00'.repeat(32) } }
  const back = { ...second, expectation: { ...expectation, rollback: stale } }
  assert.equal(appraiseEvidence(back).findings[0]?.id, 'vtpm.rolled-back')

  const key = signingKey()
  const issuer = {
    issuer: 'https://localhost',
    audience: null,
    lifetimeSeconds: 60,
    key: key.publicKey,
  }
  const record = encodeRecord(input, appraised, issuer, signTokensWith(key))
  const verified = verifyRecord(record, { key: key.publicKey, anchors: input.expectation.anchors })
  assert.ok('appraised' in verified, 'fault' in verified ? verified.reason : '')
  assert.equal(verified.anchorKnown, true)
  assert.deepEqual(verified.appraised.result, appraised.result)
})
