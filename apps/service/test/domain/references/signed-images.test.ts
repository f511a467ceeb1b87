import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BootChange } from '@trusted-launch/attestation'
import { cleanBoot, variantOf } from '@trusted-launch/attestation/boot'
import {
  areSignedImages,
  compareVersions,
  isNotOlder,
  type KnownImage,
} from '../../../src/domain/references/signed-images.ts'

const row = (component: string, pcr: number, more: object = {}) => ({
  ...{ component, pcr, change: 'changed' as const, before: 'old', after: 'new', summary: '' },
  ...{ digest: 'new' },
  ...{ signer: pcr === 4 ? 'CN=Somebody' : null, ...more },
})

function change(
  rows: readonly ReturnType<typeof row>[],
  more: Partial<BootChange> = {},
): BootChange {
  const variant = variantOf(cleanBoot())
  return { variant, nearest: 'small', sha256: '', differences: rows, modules: [], ...more }
}

test('a changed image that was verified is one; with a kernel its file is, too', () => {
  assert.ok(areSignedImages(change([row('shim', 4)])))
  assert.ok(areSignedImages(change([row('GRUB', 4)])))
  assert.ok(areSignedImages(change([row('kernel', 4), row('kernel', 9)])))
  const uki = [row('unified kernel image', 4), row('unified kernel image', 11)]
  assert.ok(areSignedImages(change(uki)))
})

test('an initrd, a configuration, a command line, a module, or an authority that changed is none', () => {
  const kernel = [row('kernel', 4), row('kernel', 9)]
  for (const other of [
    row('initrd', 9),
    row('initrd', 11),
    row('grub.cfg', 8),
    row('grub.cfg', 9),
    row('kernel command line', 8),
    row('kernel command line', 11),
    row('kernel', 10),
    row('Secure Boot variables', 7),
    row('shim', 7),
    row('machine owner keys', 14),
    row('partition table', 5),
    row('boot manager', 4),
  ])
    assert.ok(!areSignedImages(change([...kernel, other])), `${other.component} ${other.pcr}`)
  assert.ok(!areSignedImages(change(kernel, { modules: ['/x.ko'] })))
})

test('what nobody signed, is one more or one less, or ran without Secure Boot, is none', () => {
  assert.ok(!areSignedImages(change([row('shim', 4, { signer: null })])))
  assert.ok(!areSignedImages(change([row('shim', 4, { change: 'added' })])))
  assert.ok(!areSignedImages(change([row('shim', 4, { change: 'removed' })])))
  assert.ok(!areSignedImages(change([row('kernel', 9)])), 'a file without its image')
  assert.ok(!areSignedImages(change([])))
  assert.ok(!areSignedImages(change([row('shim', 4)], { nearest: null })))
  const variant = variantOf(cleanBoot())
  const variables = { ...variant.variables, secureBoot: false }
  assert.ok(!areSignedImages(change([row('shim', 4)], { variant: { ...variant, variables } })))
})

const known = (version: string, component = 'shim'): KnownImage => ({
  ...{ component, path: null, image: 'small', version },
})

test('an image of a version below the former one, the newest that counts, or none that is known, is older', () => {
  const shim = change([row('shim', 4)])
  const is = (entries: Record<string, KnownImage>, newest: string | null) =>
    isNotOlder(shim, new Map(Object.entries(entries)), newest)
  assert.ok(is({ old: known('2026.11.1'), new: known('2026.11.28') }, '2026.11.28'))
  assert.ok(is({ new: known('2026.11.28') }, null))
  assert.ok(!is({ old: known('2026.11.28'), new: known('2026.11.9') }, null))
  assert.ok(!is({ new: known('2026.11.9') }, '2026.11.28'))
  assert.ok(!is({ old: known('2026.11.1') }, null), 'it is not known')
  assert.ok(!is({ new: known('2026.11.28', 'GRUB') }, null), 'it is something else')
})

test('versions are compared by their numbers', () => {
  assert.ok(compareVersions('2026.11.9', '2026.11.28') < 0)
  assert.ok(compareVersions('2026.12.1', '2026.11.28') > 0)
  assert.equal(compareVersions('2026.11', '2026.11.0'), 0)
})
