import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeReferenceValues, type ReferenceValues } from '@trusted-launch/attestation'
import { cleanBoot, variantOf } from '@trusted-launch/attestation/boot'
import {
  knownImagesOf,
  rememberImages,
  versionAfter,
} from '../../../src/domain/references/known-images.ts'
import type { JsonObject, Resource, Values } from '../../../src/domain/store.ts'
import { exactImageOf } from '../../../src/domain/vm/vm-image.ts'
import { vm as sample } from '../../store/samples.ts'

const [SHIM, KERNEL] = ['07'.repeat(32), '09'.repeat(32)]

function someValues(): Values {
  const kept = new Map<string, Uint8Array>()
  return {
    get: async (name: string) => kept.get(name) ?? null,
    put: async (name: string, value: Uint8Array) => void kept.set(name, value),
  } as Values
}

const of = (state: object): Resource => ({
  ...{ ...sample('web'), properties: {}, etag: '1', changedAt: 0 },
  state: state as JsonObject,
})
const small = (version: string) => of({ image: `small@${version}`, imageVersion: version })
const uki = (version: string) => of({ image: `uki@${version}`, imageVersion: version })

function foretold(...images: readonly [component: string, sha256: string][]): Uint8Array {
  const variant = variantOf(cleanBoot())
  const event = variant.pcrs[4]!.events!.at(-1)!
  const events = images.map(([component, sha256]) => ({ ...event, component, digests: { sha256 } }))
  const pcrs = { ...variant.pcrs, 4: { ...variant.pcrs[4]!, events } }
  const values = { version: 2, variants: [{ ...variant, pcrs }] } as unknown as ReferenceValues
  return encodeReferenceValues(values)
}

const change = (...rows: readonly [before: string | null, after: string][]) => ({
  differences: rows.map(([before, after]) => ({
    ...{ component: 'shim', pcr: 4, change: 'changed' as const, before, after },
    ...{ digest: after, summary: '', signer: 'CN=Somebody' },
  })),
})

test('what somebody says of a gallery version is remembered of no image', async () => {
  const values = someValues()
  const made = { versions: ['9999.0.0'], host: 'gallery-x', galleryVersion: { id: '/g/v' } }
  const theirs = of(exactImageOf({}, made as unknown as Parameters<typeof exactImageOf>[1]))
  await rememberImages(values, theirs, foretold(['shim', SHIM]))
  assert.equal((await knownImagesOf(values, change([null, SHIM]), null)).size, 0)
  assert.equal(await versionAfter(values, theirs, change([null, SHIM])), null)
})

test('a file has a version in each image that it is in, and those of other images say nothing', async () => {
  const values = someValues()
  await rememberImages(values, small('2026.01.01'), foretold(['shim', SHIM]))
  await rememberImages(values, uki('2026.11.29'), foretold(['shim', SHIM]))
  await rememberImages(values, small('2025.01.01'), foretold(['shim', SHIM]))
  const version = async (image: string | null) =>
    (await knownImagesOf(values, change([null, SHIM]), image)).get(SHIM)?.version
  assert.equal(await version('small'), '2026.01.01')
  assert.equal(await version('uki'), '2026.11.29')
  assert.equal(await version('debian-12'), undefined)
})

test('what is approved is of the newest version that is put in place, whatever was there before', async () => {
  const values = someValues()
  await rememberImages(values, small('2026.01.01'), foretold(['shim', SHIM]))
  await rememberImages(values, small('2026.11.29'), foretold(['kernel', KERNEL]))
  const after = await versionAfter(values, small('2026.01.01'), change([SHIM, KERNEL]))
  assert.deepEqual(after, { imageName: 'small', imageVersion: '2026.11.29' })
})
