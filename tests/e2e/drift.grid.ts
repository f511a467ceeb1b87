/** A guest that updates its kernel, on a real host: drift, its approval, and both kernels affirmed after it. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildUki, putIntoEsp } from '@trusted-launch/host'
import { aControlPlane } from './a-control-plane.ts'
import { cacheDirectory, testFolder } from './machines.ts'
import { filesOn, otherKernel } from './other-kernel.ts'

/** What `tl` ends with on a verdict that refuses. */
const CONTRAINDICATED = 3
const timeout = 900_000

test('another kernel is drift; approved, both kernels are affirmed, and its alert is resolved by that', {
  timeout,
}, async (t) => {
  const folder = testFolder(t)
  const kernel = await otherKernel(cacheDirectory, folder)
  if (kernel === null) return t.skip('Debian’s archive has no other signed kernel')
  const { tl } = await aControlPlane(t, folder)
  const disk = () => diskIn(folder)
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
  const { tl, folder } = await aControlPlane(t)
  const disk = () => diskIn(folder)
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

/** The disk of the one VM there is. */
function diskIn(folder: string): string {
  return globSync(join(folder, 'data/**/machine/disk'))[0]!
}
