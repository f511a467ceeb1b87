import assert from 'node:assert/strict'
import type { TestService } from './a-service.ts'
import { anImage } from './an-image.ts'

export const galleryId = (service: TestService, name = 'ours', group = 'rg') =>
  `${service.group(group)}/providers/Microsoft.Compute/galleries/${name}`

/** What Azure's clients say of a definition, with a feature or none. */
export const definitionBody = (securityType: string | null, properties = {}) => ({
  location: 'local',
  properties: {
    ...{ osType: 'Linux', osState: 'Generalized', hyperVGeneration: 'V2' },
    identifier: { publisher: 'me', offer: 'web', sku: securityType ?? 'none' },
    ...(securityType !== null && { features: [{ name: 'SecurityType', value: securityType }] }),
    ...properties,
  },
})

export const versionBody = (source: object, properties = {}) => ({
  location: 'local',
  properties: { storageProfile: { source }, ...properties },
})

/** A gallery with a definition of this security type. @returns the definition's id. */
export async function aDefinition(
  service: TestService,
  securityType: string | null,
  properties = {},
): Promise<string> {
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const put = await service.ask('PUT', galleryId(service), { location: 'local' })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const id = `${galleryId(service)}/images/${securityType ?? 'none'}`
  const made = await service.ask('PUT', id, definitionBody(securityType, properties))
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return id
}

/** A version of an image of ours. @returns its id. */
export async function aVersion(
  service: TestService,
  definition: string,
  name = '1.0.0',
  properties = {},
): Promise<string> {
  const { id: image } = await anImage(service, `image-${name}`, `upload-${name}`)
  const id = `${definition}/versions/${name}`
  const put = await service.ask('PUT', id, versionBody({ id: image }, properties))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  assert.equal((await service.over(put)).status, 'Succeeded')
  return id
}

/** A VM's storage profile with an image by its id. */
export const madeOf = (id: string) => ({
  storageProfile: { imageReference: { id }, osDisk: { createOption: 'FromImage' } },
})
