import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { atEnd, smallImage } from './machines.ts'

const machines = new URL('machines.ts', import.meta.url).href
/** A uid and gid without a name, a home or a group. */
const id = 654_321
const isRoot = process.getuid?.() === 0

/** As root: what turns a command into one of a plain user. Else we are one. */
const asUser = isRoot
  ? ['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--inh-caps=-all']
  : []
const bounded = isRoot ? ['--bounding-set=-all'] : []

/** One VM's life, told as JSON. */
const life = (stateDirectory: string) => `
  import { readFileSync, writeFileSync } from 'node:fs'
  import { openHost } from '@trusted-launch/host'
  import { BOOT_MS, smallImage, specOf } from ${JSON.stringify(machines)}
  const log = []
  const host = await openHost({
    stateDirectory: ${JSON.stringify(stateDirectory)},
    log: ({ event, message }) => log.push({ event, message }),
  })
  try {
    const network = { kind: 'user', mac: '52:54:00:12:34:56', forwards: [] }
    const disk = ${JSON.stringify(join(stateDirectory, '../disk'))}
    writeFileSync(disk, new Uint8Array(65536))
    const dataDisks = [{ lun: 0, path: disk, format: 'raw' }]
    const vm = await host.create(specOf(await smallImage(), { network, dataDisks }))
    await vm.start()
    const { qemu, swtpm } = vm.processes
    const facts = [qemu, swtpm].map(({ pid }) => readFileSync('/proc/' + pid + '/status', 'latin1'))
    await vm.waitForAgent(BOOT_MS)
    const nonce = new Uint8Array(32).fill(7)
    const { quotes, akPublic } = await vm.collectEvidence({ nonce, pcrs: [0, 4, 7], banks: ['sha256'] })
    const ak = [akPublic, vm.identity.akPublic].map((key) => Buffer.from(key).toString('hex'))
    const { graceful } = await vm.stop()
    console.log(JSON.stringify({ log, accounts: vm.accounts, facts, quotes: quotes.length, ak, graceful }))
  } finally {
    for (const vm of host.machines()) await vm.delete()
    await host.close()
  }`

/** A checkout below a closed home folder cannot be read by another user. */
function whyNot(): string | false {
  const command = [...asUser, ...bounded, process.execPath, machines.replace('file://', '')]
  const { status } = spawnSync(command[0]!, command.slice(1), { cwd: '/', stdio: 'ignore' })
  return status === 0 ? false : 'another user cannot read this checkout'
}

test('a plain user makes, boots and attests a VM, with a network and a data disk, and is told which boundaries are missing', {
  skip: whyNot(),
}, async (t) => {
  await smallImage()
  const folder = mkdtempSync(join(tmpdir(), 'plain-user-'))
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }))
  if (isRoot) chownSync(folder, id, id)
  const script = ['--input-type=module', '-e', life(join(folder, 'state'))]
  const command = [...asUser, ...bounded, process.execPath, ...script]
  const user = spawn(command[0]!, command.slice(1), {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told = JSON.parse(await text(user.stdout!))
  const uid = isRoot ? id : process.getuid?.()
  assert.deepEqual(told.accounts, { qemu: null, swtpm: null })
  for (const status of told.facts) {
    assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'))
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^Seccomp:\t2$/m)
  }
  const boundary = told.log.find(({ event }: { event: string }) => event === 'no-user-boundary')
  assert.match(boundary.message, /no user boundary protects a vTPM from its QEMU/)
  const loopback = told.log.find(({ event }: { event: string }) => event === 'loopback-open')
  assert.match(loopback.message, /reach what listens on this host: not root/)
  assert.equal(told.quotes, 1)
  assert.equal(told.ak[0], told.ak[1])
  assert.equal(told.graceful, true)
})
