import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PINNED_PCRS, type ReferenceVariant } from '@trusted-launch/attestation'
import { predict } from '@trusted-launch/bootchain'
import type { Evidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { fromBytes } from '@trusted-launch/disk'
import { type Bank, decodeEventLog } from '@trusted-launch/eventlog'
import {
  buildImage,
  type Image,
  type MachineSpec,
  ownSecureBootTemplate,
} from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, smallImage, smallVm } from './machines.ts'

const banks = ['sha256', 'sha384'] as const
const pcrs = [...Array.from({ length: 16 }, (_, i) => i), 23]

/** What is foretold for a VM from the pristine image and its store, then what it measured. */
async function foretoldAndMeasured(t: TestContext, image: Image, change: Partial<MachineSpec>) {
  const { vm } = await smallVm(t, { image, vtpm: { banks: [...banks] }, ...change })
  const variables = new Uint8Array(readFileSync(join(vm.folder, 'machine/vars.fd')))
  const disk = fromBytes(new Uint8Array(readFileSync(image.path)))
  const references = predict({ disk, image, variables, banks })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
  return { references, evidence: await vm.collectEvidence({ nonce, pcrs, banks: [...banks] }) }
}

/** The registers something is foretold for; of all others that are pinned: that they stay as they are. */
function extended({ pcrs: foretold }: ReferenceVariant): number[] {
  assert.deepEqual(Object.keys(foretold).map(Number), PINNED_PCRS)
  return PINNED_PCRS.filter((pcr) => foretold[pcr]!.events!.length > 0)
}

function assertExact(references: ReferenceVariant, evidence: Evidence, bank: Bank): void {
  const quote = evidence.quotes.find((each) => each.bank === bank)!
  const { events } = decodeEventLog(evidence.eventLog!)
  for (const [pcr, expected] of Object.entries(references.pcrs)) {
    const logged = events
      .filter(({ pcrIndex, eventType }) => pcrIndex === Number(pcr) && eventType !== 3)
      .map(({ digests }) => toHex(digests.get(bank)!))
    assert.deepEqual(
      expected.events!.map(({ digests }) => digests[bank]),
      logged,
      `events of PCR ${pcr}, ${bank}`,
    )
    const value = quote.pcrs.find(({ index }) => index === Number(pcr))!.digest
    assert.equal(expected.values![bank], toHex(value), `PCR ${pcr}, ${bank}`)
  }
}

for (const secureBoot of [true, false])
  test(`PCR 2-9 and 14 of a first boot with Secure Boot ${secureBoot ? 'on' : 'off'} are foretold exactly, in SHA-256 and SHA-384`, async (t) => {
    const { references, evidence } = await foretoldAndMeasured(t, await smallImage(), {
      secureBoot,
    })
    assert.deepEqual(extended(references), [2, 3, 4, 5, 6, 7, 8, 9, 14])
    for (const bank of banks) assertExact(references, evidence, bank)
  })

test('PCR 2-7, 9 and 11 of a unified kernel image under keys of our own are foretold exactly', async (t) => {
  const image = await buildImage('uki', { cacheDirectory })
  const signatures = ownSecureBootTemplate(cacheDirectory)
  const { references, evidence } = await foretoldAndMeasured(t, image, { signatures })
  assert.deepEqual(extended(references), [2, 3, 4, 5, 6, 7, 9, 11])
  for (const bank of banks) assertExact(references, evidence, bank)
})
