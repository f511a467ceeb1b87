import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { test } from 'node:test'
import { BootFailure } from '@trusted-launch/host'
import { BOOT_MS, smallVm } from './machines.ts'

/** Changes one byte in the middle of shim on a disk: found by the name in its version data. */
async function changeLoader(path: string): Promise<void> {
  const at = readFileSync(path).indexOf(Buffer.from('$Version: ', 'latin1'))
  assert.ok(at > 0)
  const disk = await open(path, 'r+')
  await disk.write(Uint8Array.of(0x21), 0, 1, at + 1)
  await disk.close()
}

test('a VM whose loader was changed by one byte does not start it, and the loader is named, confirmed on the disk', async (t) => {
  const asked: string[] = []
  const confirm = async ({ component }: { component: string }) => {
    asked.push(component)
    return true
  }
  const { vm } = await smallVm(t, { host: { confirm } })
  await changeLoader(vm.disk.path)
  await vm.start()
  await assert.rejects(vm.waitForAgent(BOOT_MS), (e: unknown) => {
    assert.ok(e instanceof BootFailure)
    assert.deepEqual([e.code, e.component, e.confirmed], ['secure-boot-violation', 'loader', true])
    assert.ok(e.console.length > 0)
    return true
  })
  assert.deepEqual(asked, ['loader'])
  const png = await vm.screenshot()
  assert.equal(Buffer.from(png.subarray(1, 4)).toString(), 'PNG')
})
