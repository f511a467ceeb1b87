import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ownSecureBootTemplate } from '@trusted-launch/host'
import { aDefinition, aVersion, madeOf, versionBody } from '../a-gallery.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { aScaleSet } from './a-scale-set.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-keys-'))
const { PK, KEK, db } = ownSecureBootTemplate(folder)
rmSync(folder, { recursive: true })
const x509 = (der: Uint8Array) => ({ type: 'x509', value: [Buffer.from(der).toString('base64')] })
const uefiSettings = {
  signatureTemplateNames: ['NoSignatureTemplate'],
  additionalSignatures: {
    pk: x509(PK.value[0]!),
    kek: [x509(KEK[0]!.value[0]!)],
    db: [x509(db[0]!.value[0]!)],
  },
}
const keyed = { securityProfile: { uefiSettings } }

test('a VM of a version with keys is made with these, and keeps them; one of a version without has its system’s own', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const version = await aVersion(service, definition, '1.0.0', keyed)
  const told = (await service.ask('GET', version)).body.properties.securityProfile
  assert.deepEqual(told, keyed.securityProfile)
  await aVm(service, 'web', madeOf(version))
  const [machine] = await service.host.machines()
  const keys = () => service.host.plan(machine!)!.signatures!
  assert.deepEqual(keys().PK.value, PK.value)
  assert.deepEqual(
    keys().db.map(({ value }) => value),
    [db[0]!.value],
  )
  assert.deepEqual(
    keys().KEK.map(({ value }) => value),
    [KEK[0]!.value],
  )
  assert.deepEqual(keys().dbx, [])
  await aVm(service, 'two', madeOf(await aVersion(service, definition, '1.0.1')))
  const [, two] = await service.host.machines()
  assert.equal(service.host.plan(two!)!.signatures, null)
})

test('keys of a version never change, and are for definitions that support Trusted Launch', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const version = await aVersion(service, definition, '1.0.0', keyed)
  const other = { securityProfile: { uefiSettings: { signatureTemplateNames: [] } } }
  const changed = await service.ask('PATCH', version, { properties: other })
  assert.equal(changed.body.error.code, 'PropertyChangeNotAllowed')
  const { id: image } = await anImage(service)
  const only = await aDefinition(service, 'TrustedLaunch')
  const refused = await service.ask(
    'PUT',
    `${only}/versions/1.0.0`,
    versionBody({ id: image }, keyed),
  )
  assert.match(refused.body.error.message, /^uefiSettings need a gallery image whose feature/)
  const bad = { securityProfile: { uefiSettings: { signatureTemplateNames: ['Mine'] } } }
  const unknown = await service.ask(
    'PUT',
    `${definition}/versions/2.0.0`,
    versionBody({ id: image }, bad),
  )
  assert.equal(unknown.body.error.code, 'InvalidParameter')
})

test('keys without which no boot would be affirming are asked for when a version is made', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const { id: image } = await anImage(service)
  const { pk, kek, db } = uefiSettings.additionalSignatures
  const put = (settings: object) => {
    const body = { securityProfile: { uefiSettings: { ...uefiSettings, ...settings } } }
    return service.ask('PUT', `${definition}/versions/1.0.0`, versionBody({ id: image }, body))
  }
  for (const [list, additionalSignatures] of [
    ['kek', { pk, db }],
    ['db', { pk, kek }],
  ] as const) {
    const { status, body } = await put({ additionalSignatures })
    assert.deepEqual([status, body.error.code], [400, 'InvalidParameter'])
    assert.ok(body.error.target.endsWith(`.additionalSignatures.${list}`), body.error.target)
    assert.match(body.error.message, new RegExp(`give a key as '${list}'`))
  }
  const signatureTemplateNames = ['MicrosoftUefiCertificateAuthorityTemplate']
  const { status } = await put({ signatureTemplateNames, additionalSignatures: { pk, db } })
  assert.equal(status, 201, 'a template has one')
})

test('an instance that is brought to another version keeps the keys it was made with, and their version stays', async (t) => {
  const service = await aService(t)
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const first = await aVersion(service, definition, '1.0.0', keyed)
  const { id } = await aScaleSet(service, 1, {}, madeOf(first))
  const imageReference = { id: await aVersion(service, definition, '1.0.1') }
  const model = { virtualMachineProfile: { storageProfile: { imageReference } } }
  await service.over(await service.ask('PATCH', id, { properties: model }))
  const upgrade = await service.ask('POST', `${id}/manualupgrade`, { instanceIds: ['*'] })
  assert.equal((await service.over(upgrade)).status, 'Succeeded')
  const [machine] = await service.host.machines()
  assert.deepEqual(service.host.plan(machine!)!.signatures!.PK.value, PK.value)
  const used = await service.ask('DELETE', first)
  assert.equal(used.body.error?.code, 'OperationNotAllowed')
})
