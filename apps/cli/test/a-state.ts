import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openHost } from '@trusted-launch/host'

/** Why a test that wants VMs is left out here, or false. */
export const vmsMissing =
  !['qemu-system-x86_64', 'swtpm'].every((name) => existsSync(`/usr/bin/${name}`)) &&
  'no QEMU or no swtpm here: npm run setup installs them'

/** A state directory with these VMs, each with an empty disk; all gone with the test. */
export async function stateWith(t: TestContext, ...ids: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-test-'))
  const [state, path] = [join(folder, 'state'), join(folder, 'disk')]
  writeFileSync(path, '')
  truncateSync(path, 1 << 20)
  t.after(async () => {
    const last = await openHost({ stateDirectory: state })
    for (const vm of last.machines()) await vm.delete()
    await last.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const host = await openHost({ stateDirectory: state })
  for (const id of ids)
    await host.create({
      ...{ id, name: `the VM ${id}`, memoryMiB: 512, vcpus: 1, secureBoot: false },
      ...{ disk: { path, format: 'raw' }, signatures: null, vtpm: { banks: ['sha256'] } },
    })
  await host.close()
  return state
}
