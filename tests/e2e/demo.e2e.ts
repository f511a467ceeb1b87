import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aSession } from '../portal/a-session.ts'
import { atEnd, cacheDirectory, testFolder } from './machines.ts'

const root = join(import.meta.dirname, '../..')
const demo = join(root, 'apps/demo/src/main.ts')
const nonce = '00112233445566778899aabbccddeeff'.repeat(2)

/** The demo as a program of its own, elsewhere than in the project's folder. */
function begin(t: TestContext, ...args: string[]) {
  const child = spawn(process.execPath, [demo, ...args], { cwd: tmpdir() })
  atEnd(t, async () => {
    child.kill('SIGTERM')
    await ended
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (said.err += text))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const says = async (line: RegExp) => {
    while (!line.test(said.err) && child.exitCode === null)
      await Promise.race([ended, new Promise((resolve) => child.stderr.once('data', resolve))])
  }
  return { child, said, ended, says }
}

function appraise(...args: string[]) {
  const tl = join(root, 'apps/cli/src/main.ts')
  return spawnSync(process.execPath, [tl, 'appraise', ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
}

/** Folders of runs, and the folders below them that processes work in, that were not there before. */
function traces(before: readonly string[] = []): string[] {
  const folder = join(cacheDirectory, 'demo')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const runs = names.filter((name) => name.startsWith('vms-'))
  const places = readdirSync('/proc').flatMap((pid) => {
    try {
      const place = readlinkSync(`/proc/${pid}/cwd`)
      return place.startsWith(`${folder}/vms-`) ? [place] : []
    } catch {
      return []
    }
  })
  return [...runs, ...places].filter((trace) => !before.includes(trace))
}

test('the demo tells good from tampered, and its records say the same again', async (t) => {
  const before = traces()
  const names = ['clean', 'kernel-unsigned', 'command-line-edited']
  const stale = join(cacheDirectory, 'demo/kernel-unsigned.json')
  mkdirSync(join(cacheDirectory, 'demo'), { recursive: true, mode: 0o700 })
  writeFileSync(stale, 'of a former run')
  const run = begin(t, '--only', names.join(), '--json', '--nonce', nonce)
  assert.equal(await run.ended, 0, run.said.err)
  const { ok, accelerator, scenarios } = JSON.parse(run.said.out)
  assert.equal(ok, true)
  assert.ok(['kvm', 'tcg'].includes(accelerator))
  const rows = scenarios.map((row: any) => [row.name, row.expected, row.outcome, row.component])
  assert.deepEqual(rows, [
    ['clean', 'affirming', 'affirming', null],
    ['kernel-unsigned', 'boot-refused', 'boot-refused', 'kernel'],
    ['command-line-edited', 'contraindicated', 'contraindicated', 'kernel command line'],
  ])
  const alerts = scenarios.map(({ alerts }: any) =>
    alerts.map(({ alertType, component }: any) => [alertType, component.split(', ')[0]]),
  )
  assert.deepEqual(alerts, [
    [],
    [['VM_SecureBootStoppedBoot', 'kernel']],
    [['VM_GuestAttestationFailure', 'kernel command line']],
  ])
  const attestation = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
  const isHealthy = ({ recommendations }: any) => !recommendations.includes(attestation)
  assert.deepEqual(scenarios.map(isHealthy), [true, true, false])
  for (const { references, bootMs } of scenarios) {
    assert.match(references.before, /^[0-9a-f]{64}$/)
    assert.equal(references.after, references.before)
    assert.ok(bootMs > 0)
  }
  assert.equal(scenarios[1].evidence, null)
  assert.ok(!existsSync(stale), 'no record of a boot that was refused')
  assert.deepEqual(traces(before), [])

  for (const [row, code] of [
    [scenarios[0], 0],
    [scenarios[2], 3],
  ]) {
    const again = appraise(row.evidence, '--json')
    assert.equal(again.status, code, again.stderr)
    const { record, token } = JSON.parse(readFileSync(row.evidence, 'utf8'))
    const { token: told, ...result } = JSON.parse(again.stdout)
    assert.deepEqual([result, told], [record.result, token])
    assert.equal(result.nonce, nonce)
    assert.notEqual(record.expectation.rollback, null)
  }
  refusesAnyByteChanged(readFileSync(scenarios[0].evidence), testFolder(t))
})

/** A few places all over the file: the appraisal's own tests try every byte. */
function refusesAnyByteChanged(record: Buffer, folder: string): void {
  const path = join(folder, 'changed.json')
  for (const part of [0.001, 0.2, 0.5, 0.8, 0.999]) {
    const at = Math.floor(record.length * part)
    const changed = Buffer.from(record)
    changed[at]! ^= 1
    writeFileSync(path, changed)
    const { status, stderr } = appraise(path)
    assert.ok(status === 1 || status === 5, `byte ${at}: ${status}`)
    assert.match(stderr, /^tl: refused: /)
  }
}

test('the demo interrupted leaves no process and no folder, and what a killed one left goes with it', async (t) => {
  const before = traces()
  const killed = begin(t, '--only', 'clean')
  await killed.says(/^clean: booting$/m)
  const isUp = () => traces(before).some((trace) => trace.endsWith('/machine'))
  while (!isUp() && killed.child.exitCode === null) await sleep(20)
  killed.child.kill('SIGKILL')
  await killed.ended
  assert.ok(isUp(), 'a killed run leaves its VM')

  const run = begin(t, '--only', 'clean,vtpm-replaced')
  await run.says(/^clean: booting$/m)
  run.child.kill('SIGINT')
  run.child.kill('SIGINT')
  assert.equal(await run.ended, 130, run.said.err)
  assert.equal(run.said.out, '')
  assert.doesNotMatch(run.said.err, /attesting/, 'no boot is waited for')
  assert.deepEqual(traces(before), [])
})

test('with --portal the VMs stay until Ctrl-C, shown to who opens an address that signs in once', async (t) => {
  const before = traces()
  const run = begin(t, '--only', 'loader-tampered', '--portal')
  await run.says(/^Enter brings another address/m)
  run.child.stdin.write('\n')
  await run.says(/#ticket=[\s\S]*#ticket=.*\n/)
  const [, address] = run.said.err.match(/https:\S+#ticket=\S+/g)!
  const ca = readFileSync(/^ {2}(\/.*\.pem)$/m.exec(run.said.err)![1]!, 'utf8')
  const session = await aSession(t, address!, ca)
  assert.match(await session.text('/portal/'), /<div id="portal">/)
  const [{ id }] = await session.list('/subscriptions')
  const fleet = await session.list(`${id}/providers/TrustedLaunch/fleet`)
  assert.deepEqual(
    fleet.map(({ name }) => name),
    ['loader-tampered'],
  )

  run.child.kill('SIGINT')
  assert.equal(await run.ended, 0, run.said.err)
  assert.match(run.said.out, /boot-refused: the firmware refused/)
  assert.deepEqual(traces(before), [])
})
