/** A guest that updates its kernel, on a real host: drift, its approval, and both kernels affirmed after it. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { buildUki, putIntoEsp } from '@trusted-launch/host'
import { atEnd, cacheDirectory, testFolder } from './machines.ts'
import { filesOn, otherKernel } from './other-kernel.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'apps/cli/src/main.ts')
/** What `tl` ends with on a verdict that refuses. */
const CONTRAINDICATED = 3
const timeout = 900_000

test('another kernel is drift; approved, both kernels are affirmed, and its alert is resolved by that', {
  timeout,
}, async (t) => {
  const folder = testFolder(t)
  const kernel = await otherKernel(cacheDirectory, folder)
  if (kernel === null) return t.skip('Debian’s archive has no other signed kernel')
  const { tl, disk } = await aControlPlane(t, folder)
  tl(0, 'vm', 'create', '--name', 'web', '--image', 'small')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/, 'the first boot is as foretold')
  tl(0, 'recommendation', 'fix', 'web', 'guest-attestation-extension.linux-vm')
  const former = await filesOn(disk())

  tl(0, 'vm', 'stop', 'web')
  await putIntoEsp(disk(), kernel)
  tl(0, 'vm', 'start', 'web')
  tl(CONTRAINDICATED, 'vm', 'attest', 'web')
  const [drift, ...more] = JSON.parse(tl(0, 'drift', 'list', '--json'))
  assert.deepEqual(more, [])
  const { differences, isFirstBoot } = drift.properties
  assert.equal(isFirstBoot, false)
  const changed = differences.map(({ component, pcr }: any) => `${component} ${pcr}`)
  assert.deepEqual([...new Set(changed)], ['kernel 4', 'kernel 9', 'initrd 9', 'kernel 10'])
  assert.match(tl(0, 'drift', 'show', 'web', drift.name), /signed by .*Debian Secure Boot CA/)
  assert.match(tl(0, 'alert', 'list'), / drift /)

  tl(0, 'drift', 'approve', 'web', drift.name, '--reason', 'another kernel of Debian')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/)
  assert.equal(tl(0, 'alert', 'list'), 'no alerts\n')

  tl(0, 'vm', 'stop', 'web')
  await putIntoEsp(disk(), former)
  tl(0, 'vm', 'start', 'web')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/, 'the former kernel, too')
})

test('the first boot of a unified kernel image is affirmed, and another one, signed by the same key, once it is approved', {
  timeout,
}, async (t) => {
  const { tl, disk } = await aControlPlane(t, testFolder(t))
  tl(0, 'vm', 'create', '--name', 'web', '--image', 'uki')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/)
  const hook = Buffer.from('#!/bin/busybox sh\necho another\n')
  const other = await buildUki({ cacheDirectory, hooks: [hook] })

  tl(0, 'vm', 'stop', 'web')
  await putIntoEsp(disk(), await filesOn(other.path, ['EFI/BOOT/BOOTX64.EFI']))
  tl(0, 'vm', 'start', 'web')
  tl(CONTRAINDICATED, 'vm', 'attest', 'web')
  const [drift] = JSON.parse(tl(0, 'drift', 'list', '--json'))
  const [image] = drift.properties.differences
  assert.deepEqual([image.component, image.pcr], ['unified kernel image', 4])
  assert.match(image.signer, /^CN=/)
  tl(0, 'drift', 'approve', 'web', drift.name, '--reason', 'another build of it')
  assert.match(tl(0, 'vm', 'attest', 'web'), /\naffirming\n/)
})

async function aControlPlane(t: TestContext, folder: string) {
  const env = {
    ...process.env,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
  }
  mkdirSync(join(folder, 'run'))
  const launcher = join(folder, 'run/tl')
  writeFileSync(launcher, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 })
  const up = spawn(launcher, ['up', '--listen', '127.0.0.1:0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  atEnd(t, () => spawnSync(launcher, ['down', '--vms'], { env, stdio: 'ignore' }))
  await firstLine(up)
  const tl = (wanted: number, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(launcher, args, { env, encoding: 'utf8' })
    t.diagnostic(`tl ${args.slice(0, 2).join(' ')}: ${status}`)
    assert.equal(status, wanted, `${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
  const disk = () => globSync(join(folder, 'data/**/machine/disk'))[0]!
  return { tl, disk }
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
}
