import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  formsOf,
  holds,
  type Secret,
  search,
  secretsOf,
} from '../../apps/host/test/vtpm/secret-search.ts'
import { startManager } from './a-manager.ts'
import { atEnd, testFolder } from './machines.ts'

const VMS = 4
/** Two secrets a VM, the key-encryption key, the authority's key. */
const SECRETS = 2 * VMS + 2
/** Longer than a manager takes from one place to the next. */
const PLACE_MS = 120_000

/**
 * A manager that makes VMs, starts one, then finds its state damaged and its key changed; it says where
 * it is and waits until it was looked at.
 */
const script = (image: object) => `
  import { existsSync, readFileSync, writeFileSync } from 'node:fs'
  import { join } from 'node:path'
  import { setTimeout as sleep } from 'node:timers/promises'
  import { inspect } from 'node:util'
  const at = async (place) => {
    console.log(place)
    while (!existsSync(join(process.env.TMPDIR, place))) await sleep(10)
  }
  const image = ${JSON.stringify(image)}
  for (let i = 0; i < ${VMS}; i++) await host.create(specOf(image, { id: 'vm-' + i }))
  await at('made')
  const vm = host.machine('vm-0')
  await vm.start()
  // a start is short: again until somebody saw one
  while (!existsSync(join(process.env.TMPDIR, 'running.seen'))) {
    await vm.stop({ graceful: false })
    await vm.start()
  }
  await at('running')
  await vm.stop({ graceful: false })
  const fail = async (name, change) => {
    const path = join(vm.folder, name)
    const whole = readFileSync(path)
    writeFileSync(path, change(whole))
    await vm.start().catch((e) => console.log('error', inspect(e, { depth: 9, showHidden: true })))
    writeFileSync(path, whole)
  }
  await fail('vtpm/tpm2-00.permall', (bytes) => bytes.map((byte, i) => (i > 99 ? ~byte : byte)))
  await fail('vtpm.key', (bytes) => bytes.toString().replace(/"sealed":"..../, '"sealed":"AAAA'))
  await at('refused')
  setInterval(() => {}, 1000)`

test('no secret of a vTPM is in an argument, environment, file, log or error while VMs are made, started and refused; a planted one is found', async (t) => {
  const root = testFolder(t)
  const stateDirectory = join(root, 'state')
  const TMPDIR = join(root, 'tmp')
  mkdirSync(TMPDIR)
  const path = join(root, 'disk')
  writeFileSync(path, '')
  truncateSync(path, 1 << 20)

  const manager = startManager(t, stateDirectory, script({ path, format: 'raw' }), {
    env: { ...process.env, TMPDIR },
  })
  let known: Secret[] = []
  const look = async (secrets: readonly Secret[] = []) => {
    known = await secretsOf(stateDirectory)
    return search([...known, ...secrets], [root])
  }
  /** Looks, with the manager held still, each time one of these is there; until it is at `place`. */
  const lookUntil = async (place: string, ...signs: string[]) => {
    let looks = 0
    for (const until = Date.now() + PLACE_MS; ; await sleep(1)) {
      if (manager.printed().split('\n').includes(place)) break
      assert.ok(manager.process.exitCode === null && Date.now() < until, manager.printed())
      if (signs.some((sign) => existsSync(join(stateDirectory, 'vms', sign)))) {
        manager.process.kill('SIGSTOP')
        assert.deepEqual(await look(), [])
        manager.process.kill('SIGCONT')
        if (known.length > 2 && looks++ === 0) writeFileSync(join(TMPDIR, `${place}.seen`), '')
      }
    }
    assert.deepEqual(await look(), [], place)
    writeFileSync(join(TMPDIR, place), '')
    return looks
  }

  const drafts = Array.from({ length: VMS }, (_, i) => `vm-${i}/vtpm.key.new`)
  assert.ok((await lookUntil('made', ...drafts)) > 0, 'looked while a vTPM was provisioned')
  assert.equal(known.length, SECRETS)
  for (const { home } of known)
    if (home !== null) assert.equal(statSync(home).mode & 0o777, 0o600, home)
  assert.ok((await lookUntil('running', 'vm-0/vtpm.new')) > 0, 'looked while a VM was started')
  await lookUntil('refused')
  const printed = Buffer.from(manager.printed())
  assert.equal(printed.toString().match(/^error /gm)?.length, 2, printed.toString())
  assert.ok(!holds(printed, known))

  const planted = { bytes: randomBytes(32), home: null }
  const [raw, hex, , ...base64] = formsOf(planted.bytes)
  const forms = { raw, hex, base64: base64[0], shifted: base64[1], again: base64[2] }
  for (const [name, form] of Object.entries(forms))
    writeFileSync(join(stateDirectory, name), Buffer.concat([printed, Buffer.from(form!)]))
  const env = { PLANTED: String(base64[0]) }
  const process_ = spawn('sleep', ['60'], { env, argv0: String(hex) })
  atEnd(t, () => process_.kill('SIGKILL'))
  await new Promise((resolve) => process_.once('spawn', resolve))
  const { pid } = process_
  const places = [
    ...[`/proc/${pid}/cmdline`, `/proc/${pid}/environ`],
    ...Object.keys(forms).map((name) => join(stateDirectory, name)),
  ]
  assert.deepEqual((await look([planted])).sort(), places.sort())
})
