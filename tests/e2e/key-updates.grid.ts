/** The certificates of 2023 and the revocations come into a VM that was made without: it boots with them as foretold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysOf2011 } from '../../apps/service/test/a-firmware.ts'
import { aDefinition, madeOf } from '../../apps/service/test/a-gallery.ts'
import { aRealService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'
import { served, tierOf } from './served-guests.ts'

const x509 = (der: Uint8Array) => ({ type: 'x509', value: [Buffer.from(der).toString('base64')] })
const { PK, KEK, db } = keysOf2011()
const uefiSettings = {
  signatureTemplateNames: ['NoSignatureTemplate'],
  additionalSignatures: {
    pk: x509(PK.value[0]!),
    kek: [x509(KEK[0]!.value[0]!)],
    db: [x509(db[0]!.value[0]!)],
  },
}
const ROLLOVER = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e02'

test('a VM with Microsoft’s certificates of 2011 alone gets those of 2023 and the revocations while it is deallocated, and its next boots are affirming', {
  timeout: 900_000,
}, async (t) => {
  const files = await served(t, ['small'])
  const service = await aRealService(t, [files.allowed])
  const version = `${await aDefinition(service, 'TrustedLaunchSupported')}/versions/1.0.0`
  const osDiskImage = { source: { uri: files.uriOf('small') } }
  const properties = { storageProfile: { osDiskImage }, securityProfile: { uefiSettings } }
  const put = await service.ask('PUT', version, { location: 'local', properties })
  assert.equal((await service.over(put)).status, 'Succeeded')
  const { id: vm, end } = await aVm(service, 'old', madeOf(version))
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const did = async (verb: string, body?: object) => {
    const over = await service.over(await service.ask('POST', `${vm}/${verb}`, body))
    assert.equal(over.status, 'Succeeded', `${verb}: ${JSON.stringify(over)}`)
  }
  const rollover = async () => {
    const path = `${vm}/providers/Microsoft.Security/assessments/${ROLLOVER}`
    return (await service.ask('GET', path)).body.properties.status.code
  }
  const update = 'providers/TrustedLaunch/firmwareKeys/update'
  assert.deepEqual([await tierOf(service, vm), await rollover()], ['affirming', 'Unhealthy'])
  assert.equal((await service.ask('POST', `${vm}/${update}`, {})).status, 409)
  await did('deallocate')
  const dry = await service.ask('POST', `${vm}/${update}`, { dryRun: true })
  assert.deepEqual(dry.body.adds.authorities, ['KEK 2023', 'UEFI 2023'])
  assert.equal(dry.body.possible, true)
  await did(update)
  await did('start')
  assert.deepEqual([await tierOf(service, vm), await rollover()], ['affirming', 'Healthy'])
  await did('restart')
  assert.equal(await tierOf(service, vm), 'affirming')
  const { value: drifts } = (await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)).body
  assert.deepEqual(drifts, [])
  const { value: alerts } = (
    await service.ask('GET', `${service.subscription}/providers/Microsoft.Security/alerts`)
  ).body
  assert.deepEqual(alerts, [])
})
