import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imageView, listImages } from '../../src/catalogue/image-views.ts'
import {
  boundImages,
  type MarketplaceImage,
  parseImageReference,
  platformImages,
  resolveImage,
} from '../../src/catalogue/images.ts'
import { imageTakesTrustedLaunch } from '../../src/catalogue/security-type.ts'

const versions = ['2026.11.02', '2026.11.28']
const own: MarketplaceImage[] = platformImages.map((image) => ({ ...image, versions }))
const debian = { publisher: 'trusted-launch', offer: 'debian-12', sku: 'gen2' }
const place = { subscriptionId: 'S', location: 'local' }
const names = (listed: ReturnType<typeof listImages>) => {
  assert.ok(!('fault' in listed), 'not found')
  return listed.map(({ name }) => name)
}

test('the platform images are debian-12, small and uki, and all take Trusted Launch', () => {
  assert.deepEqual(
    platformImages.map(({ publisher, offer, sku }) => `${publisher}:${offer}:${sku}`),
    ['debian-12', 'small', 'uki'].map((offer) => `trusted-launch:${offer}:gen2`),
  )
  for (const image of platformImages) assert.ok(imageTakesTrustedLaunch(image), image.offer)
})

test('latest is the newest version, a dated one is that one, and names have no case', () => {
  const resolved = (version: string) => {
    const found = resolveImage(own, { ...debian, publisher: 'TRUSTED-LAUNCH', version })
    return 'fault' in found ? found.fault.code : found.version
  }
  assert.equal(resolved('latest'), '2026.11.28')
  assert.equal(resolved('2026.11.02'), '2026.11.02')
  assert.equal(resolved('2020.01.01'), 'PlatformImageNotFound')
})

test("an image that is not there: The platform image '…' is not available. …", () => {
  const found = resolveImage(own, {
    publisher: 'Debian',
    offer: 'debian-12',
    sku: '12-gen2',
    version: 'latest',
  })
  assert.deepEqual(found, {
    fault: {
      status: 404,
      code: 'PlatformImageNotFound',
      message:
        "The platform image 'Debian:debian-12:12-gen2:latest' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile",
      target: 'imageReference',
    },
  })
})

test("Azure's own names may be bound: latest follows the image, a version stays", () => {
  const name = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2' }
  const bound = (version: string) =>
    boundImages(own, [{ name, image: { ...debian, version } }]).slice(own.length)
  assert.deepEqual(bound('latest'), [{ ...own[0], ...name }])
  assert.deepEqual(bound('2026.11.02')[0]?.versions, ['2026.11.02'])
  assert.deepEqual(bound('2020.01.01'), [])
})

test('a reference has three or four parts and no strange letters', () => {
  assert.deepEqual(parseImageReference('Debian:debian-12:12-gen2'), {
    publisher: 'Debian',
    offer: 'debian-12',
    sku: '12-gen2',
    version: 'latest',
  })
  assert.equal(parseImageReference('a:b:c:1.0.0')?.version, '1.0.0')
  for (const text of ['', 'a:b', 'a:b:c:d:e', 'a::c', 'a:b/..:c', `a:b:${'c'.repeat(81)}`])
    assert.equal(parseImageReference(text), null, text)
})

test('the marketplace is walked from publishers to versions, each named once', () => {
  assert.deepEqual(listImages(own, place), [
    {
      id: '/Subscriptions/S/Providers/Microsoft.Compute/Locations/local/Publishers/trusted-launch',
      name: 'trusted-launch',
      location: 'local',
    },
  ])
  const { publisher, offer, sku } = debian
  assert.deepEqual(names(listImages(own, { ...place, publisher })), ['debian-12', 'small', 'uki'])
  assert.deepEqual(names(listImages(own, { ...place, publisher, offer })), ['gen2'])
  assert.deepEqual(names(listImages(own, { ...place, publisher, offer, sku })), versions)
})

test('a place that holds nothing is 404: Artifact: VMImage was not found.', () => {
  const fault = { status: 404, code: 'NotFound', message: 'Artifact: VMImage was not found.' }
  assert.deepEqual(listImages(own, { ...place, publisher: 'Canonical' }), { fault })
  assert.deepEqual(imageView(own, { ...place, ...debian }, '1.0'), { fault })
  assert.deepEqual(listImages([], place), [])
})

test('a version shows what a client decides by: generation, architecture, features', () => {
  assert.deepEqual(imageView(own, { ...place, ...debian }, '2026.11.28'), {
    id: '/Subscriptions/S/Providers/Microsoft.Compute/Locations/local/Publishers/trusted-launch/artifacttypes/vmimage/offers/debian-12/skus/gen2/versions/2026.11.28',
    name: '2026.11.28',
    location: 'local',
    properties: {
      plan: null,
      osDiskImage: { operatingSystem: 'Linux', sizeInGb: 2 },
      dataDiskImages: [],
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: false },
      hyperVGeneration: 'V2',
      architecture: 'x64',
      features: [{ name: 'SecurityType', value: 'TrustedLaunchSupported' }],
      imageDeprecationStatus: { imageState: 'Active' },
    },
  })
})
