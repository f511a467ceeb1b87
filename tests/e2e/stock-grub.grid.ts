import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
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
    assert.ok(pcrs['8']!.values!.sha384 && pcrs['9']!.values!.sha384)
    await vm.start()
    await vm.waitForAgent(BOOT_MS)
    const input = await expected(host, vm, references)
    const { findings, result } = appraiseEvidence(await ask(vm, input))
    assert.deepEqual([findings, result.tier], [[], 'affirming'])
  })

test('a configuration with a loop is not followed, and its boot is affirmed by what may be measured; another command line is not', async (t) => {
  const loop = 'for word in a b; do set looped=$word; done\n'
  const image = await stockImage(t, `${loop}${stockConfiguration()}`)
  const { host, vm } = await smallVm(t, { image, vtpm: { banks: ['sha256', 'sha384'] } })
  const references = await foretell(image, vm)
  assert.equal(references.variants.length, 1)
  assert.equal(references.variants[0]!.pcrs['8']!.values, null)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const { findings, result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.deepEqual([findings, result.tier], [[], 'affirming'])
  await vm.stop({ graceful: false })

  replaceOnce(vm.disk.path, 'ttyS0 loglevel=6', 'ttyS0 loglevel=7')
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const edited = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.equal(edited.result.tier, 'contraindicated')
  const told = edited.findings.map(({ id }) => id)
  for (const id of ['kernel-command-line.changed', 'grub-configuration.changed'])
    assert.ok(told.includes(id as never), `${id}: ${told}`)
})

/** In place, wherever it stands on the disk: the text is as long as what it takes the place of. */
function replaceOnce(disk: string, text: string, by: string): void {
  assert.equal(text.length, by.length)
  const bytes = readFileSync(disk)
  const at = bytes.indexOf(text)
  assert.ok(at > 0, `${text} is on the disk`)
  bytes.write(by, at)
  writeFileSync(disk, bytes)
}
