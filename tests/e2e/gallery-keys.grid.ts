/** Versions of a gallery with keys of one's own, on a real host: what these keys signed starts, and nothing else does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownSecureBootTemplate } from '@trusted-launch/host'
import { aDefinition, madeOf } from '../../apps/service/test/a-gallery.ts'
import { aRealService, type TestService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'
import { cacheDirectory } from './machines.ts'
import { served, tierOf } from './served-guests.ts'

const { PK, KEK, db } = ownSecureBootTemplate(cacheDirectory)
const x509 = (der: Uint8Array) => ({ type: 'x509', value: [Buffer.from(der).toString('base64')] })
const onlyOwn = {
  signatureTemplateNames: ['NoSignatureTemplate'],
  additionalSignatures: {
    pk: x509(PK.value[0]!),
    kek: [x509(KEK[0]!.value[0]!)],
    db: [x509(db[0]!.value[0]!)],
  },
}

const timeout = 900_000

test('of versions with one’s own db alone the image that it signed boots as foretold and Debian’s shim is refused; with Microsoft’s keys it is the other way round', {
  timeout,
}, async (t) => {
  const files = await served(t, ['uki', 'small'])
  const service = await aRealService(t, [files.allowed])
  const definition = await aDefinition(service, 'TrustedLaunchSupported')
  const bootOf = async (name: string, guest: string, uefiSettings: object) => {
    const version = `${definition}/versions/${name}`
    const osDiskImage = { source: { uri: files.uriOf(guest) } }
    const properties = { storageProfile: { osDiskImage }, securityProfile: { uefiSettings } }
    const put = await service.ask('PUT', version, { location: 'local', properties })
    assert.equal((await service.over(put)).status, 'Succeeded')
    const { id, end } = await aVm(service, `vm-${name.replaceAll('.', '')}`, madeOf(version))
    t.diagnostic(`${guest} ${name}: ${end.status} ${end.error?.code ?? ''}`)
    return { end, tier: await tierOf(service, id), off: () => removed(service, id) }
  }
  const microsoft = { signatureTemplateNames: ['MicrosoftUefiCertificateAuthorityTemplate'] }

  const own = await bootOf('1.0.0', 'uki', onlyOwn)
  assert.deepEqual([own.end.status, own.tier], ['Succeeded', 'affirming'])
  await own.off()
  const shim = await bootOf('1.0.1', 'small', onlyOwn)
  assert.equal(shim.end.error?.code, 'SecureBootViolation')
  await shim.off()
  const uki = await bootOf('1.0.2', 'uki', microsoft)
  assert.equal(uki.end.error?.code, 'SecureBootViolation')
  await uki.off()
  const debian = await bootOf('1.0.3', 'small', microsoft)
  assert.deepEqual([debian.end.status, debian.tier], ['Succeeded', 'affirming'])
  await debian.off()
})

async function removed(service: TestService, vm: string): Promise<void> {
  const end = await service.over(await service.ask('DELETE', vm))
  assert.equal(end.status, 'Succeeded')
}
