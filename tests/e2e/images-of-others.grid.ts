/** Somebody's image and a machine that bare QEMU ran, on a real host: what proves its boot, and what can't. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { buildImage, findFirmware } from '@trusted-launch/host'
import { BareMachine } from '../../bench/bare-machine.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'apps/cli/src/main.ts')
/** What `tl` ends with on a verdict that is a warning. */
const WARNING = 4
const hasSetup = spawnSync('swtpm_setup', ['--version']).error === undefined

const timeout = 600_000

test('a VM of an imported image proves its boot as it was foretold', { timeout }, async (t) => {
  const tl = await aControlPlane(t)
  const file = join(mkdtempSync(join(tmpdir(), 'tl-image-')), 'image.qcow2')
  t.after(() => rmSync(dirname(file), { recursive: true }))
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
  const tl = await aControlPlane(t)
  const from = ['--disk', join(bare, 'disk'), '--nvram', join(bare, 'vars.fd'), '--tpm-state', bare]
  const told = tl(0, 'vm', 'import', '--name', 'old', ...from)
  assert.match(told, /^variables +kept +\d+ variables, Secure Boot on/m)
  assert.match(told, /^vTPM +new .*sealed/m)
  assert.match(tl(0, 'vm', 'show', 'old'), /^power +running$/m)
  assert.match(tl(WARNING, 'vm', 'attest', 'old'), /reference-values\.missing/)
})

async function small(): Promise<string> {
  return (await buildImage('small', { cacheDirectory: join(root, '.cache') })).path
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

async function aControlPlane(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-own-'))
  const env = {
    ...process.env,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
  }
  mkdirSync(join(folder, 'bin'))
  const tl = join(folder, 'bin/tl')
  writeFileSync(tl, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`, { mode: 0o755 })
  const up = spawn(tl, ['up', '--listen', '127.0.0.1:0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => {
    spawnSync(tl, ['down', '--vms'], { env, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  })
  await firstLine(up)
  return (wanted: number, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(tl, args, { env, encoding: 'utf8' })
    t.diagnostic(`tl ${args.slice(0, 2).join(' ')}: ${status}`)
    assert.equal(status, wanted, `${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
}

function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
}
