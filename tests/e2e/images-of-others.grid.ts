/** Somebody's image and a machine that bare QEMU ran, on a real host: what proves its boot, and what can't. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { buildImage, findFirmware } from '@trusted-launch/host'
import { BareMachine } from '../../bench/bare-machine.ts'
import { aControlPlane } from './a-control-plane.ts'
import { cacheDirectory } from './machines.ts'

/** What `tl` ends with on a verdict that is a warning. */
const WARNING = 4
const hasSetup = spawnSync('swtpm_setup', ['--version']).error === undefined

const timeout = 600_000

test('a VM of an imported image proves its boot as it was foretold', { timeout }, async (t) => {
  const { tl, folder } = await aControlPlane(t)
  const file = join(folder, 'image.qcow2')
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', await small(), file])
  tl(0, 'image', 'import', file, '--name', 'mine')
  tl(0, 'vm', 'create', '--name', 'web', '--image', 'mine')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/)
})

test('a machine of bare QEMU boots with its variables, and its verdict says that nothing was foretold', {
  timeout,
  skip: hasSetup ? false : 'swtpm-tools is not installed',
}, async (t) => {
  const bare = await bareFiles(t, await small())
  const { tl } = await aControlPlane(t)
  const from = ['--disk', join(bare, 'disk'), '--nvram', join(bare, 'vars.fd'), '--tpm-state', bare]
  const told = tl(0, 'vm', 'import', '--name', 'old', ...from)
  assert.match(told, /^variables +kept +\d+ variables, Secure Boot on/m)
  assert.match(told, /^vTPM +new .*sealed/m)
  assert.match(tl(0, 'vm', 'show', 'old'), /^power +running$/m)
  assert.match(tl(WARNING, 'vm', 'attest', 'old'), /reference-values\.missing/)
})

async function small(): Promise<string> {
  return (await buildImage('small', { cacheDirectory })).path
}

/** What a machine leaves that nobody managed. */
async function bareFiles(t: TestContext, disk: string): Promise<string> {
  const code = findFirmware().code
  const machine = new BareMachine({
    disk,
    accelerator: 'tcg',
    memoryMiB: 1024,
    vcpus: 1,
    code,
    tpm: true,
  })
  t.after(() => machine.stop())
  await machine.start()
  await machine.untilConsole('BdsDxe: starting')
  return machine.end()
}
