import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeImaList } from '@trusted-launch/eventlog'
import {
  BootFailure,
  buildImage,
  ownSecureBootTemplate,
  putIntoEsp,
  unsignedModule,
} from '@trusted-launch/host'
import { BOOT_MS, cacheDirectory, smallImage, smallVm, testFolder } from './machines.ts'

const request = {
  nonce: Uint8Array.from({ length: 32 }, (_, i) => i),
  pcrs: [...Array.from({ length: 16 }, (_, i) => i), 23],
  banks: ['sha256' as const],
}

test('uki starts on a machine with our own keys, and stops in order at the power button', async (t) => {
  const image = await buildImage('uki', { cacheDirectory })
  const signatures = ownSecureBootTemplate(cacheDirectory)
  const { vm } = await smallVm(t, { image, signatures })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const evidence = await vm.collectEvidence(request)
  assert.equal(evidence.quotes.length, 1)
  assert.deepEqual(await vm.stop({ graceful: true, timeoutMs: 30_000 }), { graceful: true })
  assert.match(vm.consoles.tail(), /Power down/)
})

test('uki is refused by a machine with Microsoft’s keys, and named as the loader', async (t) => {
  const image = await buildImage('uki', { cacheDirectory })
  const { vm } = await smallVm(t, { image })
  await vm.start()
  await assert.rejects(vm.waitForAgent(BOOT_MS), (e) => {
    assert.ok(e instanceof BootFailure, String(e))
    assert.equal(e.component, 'loader')
    return true
  })
})

test('an unsigned module on the disk is refused by the kernel, named by IMA, and the boot goes on', async (t) => {
  const pristine = await smallImage()
  const path = join(testFolder(t), 'disk.raw')
  copyFileSync(pristine.path, path)
  const module = unsignedModule(cacheDirectory)
  await putIntoEsp(path, new Map([['EFI/extra/modules/unsigned.ko', module]]))
  const { vm } = await smallVm(t, { image: { path, format: 'raw' } })
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const { imaLog } = await vm.collectEvidence(request)
  const named = decodeImaList(imaLog!).flatMap(({ data }) => (data.kind === 'fields' ? [data] : []))
  const entry = named.find(({ name }) => name.endsWith('/unsigned.ko'))
  assert.equal(toHex(entry!.digest.digest), toHex(digest('sha256', module)))
  assert.match(vm.consoles.tail(), /Loading of unsigned module is rejected/)
})
