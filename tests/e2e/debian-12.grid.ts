import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { appraiseEvidence } from '@trusted-launch/attestation'
import type { Machine } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, cacheDirectory, smallVm, testFolder } from './machines.ts'

/** The line in which the guest tells that all its services are up. */
async function servicesTold(vm: Machine): Promise<string> {
  for (const until = performance.now() + BOOT_MS; performance.now() < until; await sleep(200)) {
    const line = /^trusted-launch: SSH is .*$/m.exec(vm.consoles.tail())
    if (line !== null) return line[0]
  }
  throw new Error(`the services did not come up:\n${vm.consoles.tail()}`)
}

test('a whole Debian 12 boots under Secure Boot as foretold, serves SSH, and stops at its power button', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { host, vm } = await smallVm(t, { image, memoryMiB: 1024 })
  const references = await foretell(image, vm)
  await vm.start()
  const { kernelRelease } = await vm.waitForAgent(2 * BOOT_MS)
  assert.match(kernelRelease, /cloud-amd64$/)

  const input = await ask(vm, await expected(host, vm, references))
  const { findings, chain, result } = appraiseEvidence(input)
  assert.deepEqual(findings, [])
  assert.equal(result.tier, 'affirming')
  const files = chain.slice(1)
  assert.deepEqual(
    files.map(({ stage }) => stage),
    ['shim', 'GRUB', 'grub.cfg', 'kernel', 'kernel command line', 'initrd'],
  )
  assert.ok(files.every(({ verdict }) => verdict === 'expected'))

  const told = await servicesTold(vm)
  assert.match(told, /SSH is active/)
  assert.match(told, /cloud-init says .*"errors":\[\]/)
  assert.deepEqual(await vm.stop({ graceful: true }), { graceful: true })
})

test('debian-12 stops in order when its power button is pressed before anything in it listens', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  const { vm } = await smallVm(t, { image, memoryMiB: 1024 })
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)
  assert.deepEqual(await vm.stop({ graceful: true, timeoutMs: BOOT_MS }), { graceful: true })
  assert.match(vm.consoles.tail(), /Power down/)
})

test('a killed build of debian-12 leaves no process and no mount', async (t) => {
  if ((await debian12Image(t)) === null) return
  const cache = testFolder(t)
  for (const name of ['debian', 'agent']) symlinkSync(join(cacheDirectory, name), join(cache, name))
  const code = `
    import { buildImage } from '@trusted-launch/host'
    await buildImage('debian-12', { cacheDirectory: '${cache}' })`
  const args = ['--input-type=module', '-e', code]
  const builder = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: 'ignore' })
  const held = (file: 'cmdline' | 'mounts') =>
    ofProcesses(file).some((text) => text.includes(cache))
  for (const until = Date.now() + BOOT_MS; !held('mounts') && Date.now() < until; ) await sleep(50)
  assert.ok(held('mounts'), 'packages are being set up in the guest’s folder')
  builder.kill('SIGKILL')
  await sleep(1000)
  assert.deepEqual([held('cmdline'), held('mounts')], [false, false])
  rmSync(join(cache, 'images'), { recursive: true })
})

/** That file of every process. */
function ofProcesses(file: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  })
}
