/** Two services on one PostgreSQL and this machine's own host, with a real VM. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PostgresCluster, postgresPackage } from '../../apps/service/test/store/postgres-cluster.ts'
import { need } from '../../tools/setup.mjs'
import { ended, firstWords, tl } from './a-service-process.ts'

const TAKE_OVER_MS = 15_000
const NOTICED_MS = 10_000
const missing = (await need(postgresPackage)) ? false : 'PostgreSQL is not on this machine'

/** One `tl` of somebody who signed in where they have a folder of their own. */
function user(folder: string) {
  const root = join(import.meta.dirname, '../..')
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'config') }
  return (...args: string[]): string => {
    const command = [join(root, 'apps/cli/src/main.ts'), ...args]
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      ...{ cwd: folder, env, encoding: 'utf8' },
    })
    assert.equal(status, 0, `tl ${args.join(' ')}: ${stderr}${stdout}`)
    return stdout
  }
}

async function up(t: TestContext, ...given: string[]): Promise<ChildProcess> {
  const child = tl(['up', '--listen', '127.0.0.1:0', '--json', ...given])
  t.after(() => child.kill('SIGKILL'))
  await firstWords(child)
  return child
}

async function within(ms: number, what: () => boolean): Promise<number> {
  const began = performance.now()
  while (!what()) {
    assert.ok(performance.now() - began < ms, `not within ${ms} ms`)
    await sleep(200)
  }
  return Math.round(performance.now() - began)
}

test('a service that is killed leaves its VM running, another drives it within 15 s, and a QEMU that is killed is started again', {
  skip: missing,
  timeout: 600_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-take-over-'))
  const cluster = await PostgresCluster.start({ fsync: 'off' })
  const [a, b, vms] = ['a', 'b', 'vms'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  t.after(async () => {
    for (const data of [a, b]) await ended(tl(['down', '--data', data]))
    await cluster.stop()
    if (existsSync(join(vms, 'host'))) await stopAll(vms)
    rmSync(folder, { recursive: true, force: true })
  })
  const database = await cluster.database()
  const shared = ['--database', database, '--host-data', vms]
  const first = await up(t, '--data', a, ...shared)
  mkdirSync(b)
  cpSync(join(a, 'seal.key'), join(b, 'seal.key'))
  const second = await up(t, '--data', b, ...shared)
  const ask = user(folder)
  ask('login', '--admin', join(b, 'admin.json'))
  ask('vm', 'create', '--name', 'web', '--image', 'small')
  const shown = () => ask('vm', 'show', 'web')
  assert.match(shown(), /running/)
  const before = qemuOf(vms)

  const dead = ended(first)
  first.kill('SIGKILL')
  await dead
  ask('vm', 'attest', 'web')
  // Only who drives the host has the console.
  const took = await within(TAKE_OVER_MS, () => hasConsole(ask))
  t.diagnostic(`the other drove the host after ${took} ms`)
  assert.equal(qemuOf(vms), before)

  process.kill(before, 'SIGKILL')
  const noticed = await within(NOTICED_MS, () => qemuOf(vms) !== before || !/running/.test(shown()))
  t.diagnostic(`the end of QEMU was noticed after ${noticed} ms`)
  await within(120_000, () => /running/.test(shown()))
  assert.notEqual(qemuOf(vms), before)
  ask('vm', 'delete', 'web')

  // The data folder remembers where all is: nothing needs to be said again.
  const gone = ended(second)
  second.kill('SIGTERM')
  await gone
  await up(t, '--data', a)
  ask('login', '--admin', join(a, 'admin.json'))
  assert.match(ask('vm', 'list'), /no VMs/)
  const other = tl(
    ['up', '--data', join(folder, 'c'), '--host-data', vms, '--listen', '127.0.0.1:0'],
    'pipe',
  )
  assert.match(await text(other.stderr!), /another/)
  assert.equal(await ended(other), 1)
})

function hasConsole(ask: (...args: string[]) => string): boolean {
  try {
    return /Linux version/.test(ask('vm', 'console', 'web'))
  } catch {
    return false
  }
}

/** The process of the one VM's QEMU. */
function qemuOf(vms: string): number {
  const [record] = globSync(join(vms, 'host/vms/*/machine.json'))
  return JSON.parse(readFileSync(record!, 'utf8')).run?.qemu?.pid ?? 0
}

async function stopAll(vms: string): Promise<void> {
  for (const record of globSync(join(vms, 'host/vms/*/machine.json'))) {
    const { run } = JSON.parse(readFileSync(record, 'utf8'))
    for (const each of [run?.qemu, run?.swtpm])
      if (each !== undefined && each !== null) spawnSync('kill', ['-9', String(each.pid)])
  }
}
