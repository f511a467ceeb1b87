import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { ask, expected, foretell } from './attestation.ts'
import { BOOT_MS, smallImage, smallVm, testFolder } from './machines.ts'
import { stockConfiguration, UUID, writeStockDisk } from './stock-grub.ts'

/** An image as an installer leaves it. */
async function stockImage(t: TestContext, configuration: string) {
  const small = await smallImage()
  const folder = testFolder(t)
  const image = { ...small, path: join(folder, 'disk') }
  copyFileSync(join(dirname(small.path), 'image.json'), join(folder, 'image.json'))
  await writeStockDisk(image.path, small.path, folder, configuration)
  return image
}

for (const [name, settings] of [
  ['its first entry, in German', { lang: 'de_DE' }],
  ['an entry of its submenu', { chosen: `gnulinux-advanced-${UUID}>0` }],
] as const)
  test(`GRUB with a configuration as grub-mkconfig writes it, on ext4, is foretold: ${name}`, async (t) => {
    const image = await stockImage(t, stockConfiguration(settings))
    const { host, vm } = await smallVm(t, { image, vtpm: { banks: ['sha256', 'sha384'] } })
    const references = await foretell(image, vm)
    const { pcrs } = references.variants[0]!
    assert.ok(pcrs['8']!.values.sha384 && pcrs['9']!.values.sha384)
    await vm.start()
    await vm.waitForAgent(BOOT_MS)
    const input = await expected(host, vm, references)
    const { findings, result } = appraiseEvidence(await ask(vm, input))
    assert.deepEqual([findings, result.tier], [[], 'affirming'])
  })
