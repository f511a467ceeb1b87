import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { toHex } from '@trusted-launch/codec'
import { openFat, openPartition, readPartitionTable } from '@trusted-launch/disk'
import { buildSmall, type Machine, openDiskFile, openHost, putIntoEsp } from '@trusted-launch/host'
import { startManager } from './a-manager.ts'
import { BOOT_MS, cacheDirectory, closeAtEnd, lineOf, testFolder } from './machines.ts'

const LOADER = 'EFI/BOOT/BOOTX64.EFI'

/** PCR 4 and 7, hexadecimal, of the boot that runs. */
async function pcrsOf(vm: Machine): Promise<{ loader: string; secureBoot: string }> {
  const request = { nonce: randomBytes(32), pcrs: [4, 7], banks: ['sha256' as const] }
  const [quote] = (await vm.collectEvidence(request)).quotes
  const [loader, secureBoot] = quote!.pcrs.map(({ digest }) => toHex(digest))
  return { loader: loader!, secureBoot: secureBoot! }
}

/** Changes one byte of the loader that nothing reads: of its "cannot be run in DOS mode". */
async function changeLoader(vm: Machine): Promise<void> {
  const disk = openDiskFile(vm.disk.path, vm.disk.format)
  const [partition] = readPartitionTable(disk).partitions
  const loader = openFat(openPartition(disk, partition!)).readFile(LOADER)!
  disk.close()
  const changed = Uint8Array.from(loader)
  const at = Buffer.from(changed.buffer).indexOf('DOS mode')
  changed[at] = 'B'.charCodeAt(0)
  await putIntoEsp(vm.disk.path, new Map([[LOADER, changed]]))
}

test('a secret sealed to PCR 4 and 7 outlives manager, reboot and stop, not Secure Boot, and not with a changed loader', async (t) => {
  const stateDirectory = testFolder(t)
  const hooks = [await guestProgram('vault'), await guestProgram('flash-write')]
  const image = await buildSmall({ cacheDirectory, hooks })
  const manager = startManager(
    t,
    stateDirectory,
    `const vm = await host.create(specOf(${JSON.stringify(image)}))
     await vm.start()
     await vm.waitForAgent(${BOOT_MS})
     console.log('attested')
     setInterval(() => {}, 1000)`,
  )
  assert.ok(await manager.said(/^attested$/m), manager.printed())
  await manager.kill()

  const host = await openHost({ stateDirectory })
  closeAtEnd(t, host)
  const vm = host.machine('vm-1')
  assert.equal(vm.status().state, 'running')
  const sealed = /^sealed ([0-9a-f]{64})$/.exec(await lineOf(vm, 'vault'))
  assert.ok(sealed, vm.consoles.tail(2000))
  const opened = `opened ${sealed[1]}`
  assert.match(await lineOf(vm, 'flash-write'), /^refused: /, 'the kernel is locked down')
  const { sleepStates } = await vm.waitForAgent(BOOT_MS)
  assert.doesNotMatch(sleepStates, /deep|disk/, 'no S3, no S4')
  const first = await pcrsOf(vm)

  await vm.reset()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'vault'), opened, 'after its manager was killed, and a reboot')

  await vm.stop()
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.equal(await lineOf(vm, 'vault'), opened, 'after a stop')
  assert.deepEqual(await pcrsOf(vm), first)

  await vm.stop()
  await vm.settings.setSecureBoot(false)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.match(await lineOf(vm, 'vault'), /^refused TPM_RC_POLICY_FAIL/, 'Secure Boot off')
  const off = await pcrsOf(vm)
  assert.notEqual(off.secureBoot, first.secureBoot)

  await vm.stop()
  await changeLoader(vm)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  assert.match(await lineOf(vm, 'vault'), /^refused TPM_RC_POLICY_FAIL/, 'a changed loader too')
  const changed = await pcrsOf(vm)
  assert.equal(changed.secureBoot, off.secureBoot)
  assert.notEqual(changed.loader, off.loader)
})
