import assert from 'node:assert/strict'
import type { TestService } from './a-service.ts'

export const imageId = (service: TestService, name: string, group = 'rg') =>
  `${service.group(group)}/providers/Microsoft.Compute/images/${name}`
export const imageBody = (blobUri: string, osDisk = {}) => ({
  location: 'local',
  properties: {
    hyperVGeneration: 'V2',
    storageProfile: { osDisk: { osType: 'Linux', osState: 'Generalized', blobUri, ...osDisk } },
  },
})

/** A group with an image in it, made of an upload. */
export async function anImage(service: TestService, name = 'mine', upload = 'one') {
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const piece = `${service.group('rg')}/providers/TrustedLaunch/uploads/${upload}?offset=0&size=4`
  const bytes = { 'content-type': 'application/octet-stream' }
  const sent = await service.ask('PUT', piece, 'disk', bytes)
  assert.deepEqual([sent.status, sent.body], [201, { uri: `upload:${upload}` }])
  const put = await service.ask('PUT', imageId(service, name), imageBody(sent.body.uri))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  return { id: imageId(service, name), end: await service.over(put) }
}
