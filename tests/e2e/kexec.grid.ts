import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { buildSmall } from '@trusted-launch/host'
import { ask, expected, foretell } from './attestation.ts'
import { BOOT_MS, cacheDirectory, lineOf, smallVm } from './machines.ts'

/** The guests' own kernel: signed, so that the running one takes it. */
function readKernel(): Uint8Array {
  const current = readFileSync(join(cacheDirectory, 'debian/current'), 'utf8').trim()
  const [path] = globSync(join(cacheDirectory, 'debian', current, 'root/boot/vmlinuz-*'))
  return new Uint8Array(readFileSync(path!))
}

test('a kernel loaded to take the place of the one that booted is told, and nothing is claimed of the one that runs', async (t) => {
  const kernel = readKernel()
  const hooks = [await guestProgram('kexec-load')]
  const image = await buildSmall({
    cacheDirectory,
    hooks,
    extra: { 'root/another-kernel': kernel },
  })
  const { host, vm } = await smallVm(t, { image, memoryMiB: 1024 })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(BOOT_MS)
  const said = await lineOf(vm, 'kexec-load')
  assert.equal(said, 'loaded')
  const { result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  const found = result.findings.find(({ id }) => id === 'ima.unexpected-file')
  assert.ok(found !== undefined, `${said}: ${JSON.stringify(result.findings)}`)
  assert.equal(found.actual, `sha256:${toHex(digest('sha256', kernel))}`)
  assert.match(found.summary, /another-kernel/)
  assert.equal(result.tier, 'warning')
  assert.equal(result.claims['command-line']?.verified, false)
  assert.equal(result.claims['secure-boot']?.verified, true)
})
