import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode } from '@trusted-launch/codec'
import { Certificate, verifyChain } from '@trusted-launch/crypto'
import {
  AK_CERT_NV,
  AK_HANDLE,
  decodePcrSelection,
  EK_CERT_NV,
  EK_HANDLE,
  execute,
  GetCapability,
  NV_Read,
  NV_ReadPublic,
  ReadPublic,
  Startup,
  TPM_ALG,
  TPM_CAP,
  TPM_PT,
  TPM_RH,
  TPM_SU,
  TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { spkiOf } from '../../src/vtpm/provision.ts'
import { Place } from './place.ts'

const DAY_MS = 86_400_000

test('EK and AK certificates lead to the authority’s root, each for its own purpose', async (t) => {
  const place = await Place.make(t)
  const { ekCertificate, ekPublic, akCertificate, akPublic } = await place.keeper.provision(
    place.of('a'),
  )
  const root = Certificate.decode(place.keeper.authorityRoot)
  for (const [der, area, eku] of [
    [ekCertificate, ekPublic, '2.23.133.8.1'],
    [akCertificate, akPublic, '2.23.133.8.3'],
  ] as const) {
    const leaf = Certificate.decode(der)
    assert.deepEqual(leaf.extendedKeyUsage, [eku])
    assert.deepEqual(
      Buffer.from(leaf.publicKey.spki),
      Buffer.from(spkiOf(decode(TPMT_PUBLIC, area))),
    )
    const chain = verifyChain(leaf, { intermediates: [], anchors: [root], time: Date.now(), eku })
    assert.ok('chain' in chain, JSON.stringify(chain))
    const openssl = new X509Certificate(der)
    assert.ok(openssl.verify(new X509Certificate(place.keeper.authorityRoot).publicKey))
    assert.ok(openssl.checkIssued(new X509Certificate(place.keeper.authorityRoot)))
  }
})

test('an AK certificate names the VM and the generation, and is good for a year at most', async (t) => {
  const place = await Place.make(t)
  await place.keeper.provision(place.of('a'))
  const { akCertificate } = await place.keeper.reprovision(place.of('a'))
  const openssl = new X509Certificate(akCertificate)
  assert.equal(openssl.subject, 'CN=a')
  assert.equal(openssl.subjectAltName, 'URI:urn:trusted-launch:vm:a:generation:2')
  const { notBefore, notAfter } = Certificate.decode(akCertificate)
  assert.ok(notAfter - notBefore <= 365 * DAY_MS)
})

test('an EK certificate names the TPM in a critical subjectAltName, and no subject', async (t) => {
  const place = await Place.make(t)
  const { ekCertificate } = await place.keeper.provision(place.of('a'))
  const openssl = new X509Certificate(ekCertificate)
  assert.equal(openssl.subject ?? '', '')
  assert.match(openssl.subjectAltName!, /tpmManufacturer=id:49424D00/i)
  const names = Certificate.decode(ekCertificate).extensions.find((e) => e.oid === '2.5.29.17')
  assert.equal(names?.critical, true)
})

test('the authority is made once, and its key is for the manager alone', async (t) => {
  const place = await Place.make(t)
  const root = place.keeper.authorityRoot
  await place.open()
  assert.deepEqual(place.keeper.authorityRoot, root)
  const folder = join(place.stateDirectory, 'authority')
  assert.equal(statSync(join(folder, 'authority.key')).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('a provisioned TPM holds its keys, certificates and banks where they are looked for, all authorizations empty', async (t) => {
  const place = await Place.make(t)
  const identity = await place.keeper.provision({ ...place.of('a'), banks: ['sha256', 'sha384'] })
  const tpm = await place.session('a')
  t.after(() => tpm.close())
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  for (const [objectHandle, name] of [
    [EK_HANDLE, identity.ekName],
    [AK_HANDLE, identity.akName],
  ] as const)
    assert.deepEqual(
      Buffer.from((await execute(tpm, ReadPublic, { objectHandle })).name),
      Buffer.from(name),
    )
  for (const [nvIndex, der] of [
    [EK_CERT_NV, identity.ekCertificate],
    [AK_CERT_NV, identity.akCertificate],
  ] as const) {
    const { nvPublic } = await execute(tpm, NV_ReadPublic, { nvIndex })
    const size = nvPublic.dataSize
    const asOwner = { authHandle: TPM_RH.OWNER, nvIndex, size, offset: 0 }
    assert.deepEqual(Buffer.from((await execute(tpm, NV_Read, asOwner)).data), Buffer.from(der))
  }
  const pcrs = await execute(tpm, GetCapability, {
    capability: TPM_CAP.PCRS,
    property: 0,
    propertyCount: 64,
  })
  const banks = (pcrs.capabilityData.data as { hash: number; pcrSelect: Uint8Array }[])
    .filter((bank) => decodePcrSelection(bank).length > 0)
    .map((bank) => bank.hash)
  assert.deepEqual(banks, [TPM_ALG.SHA256, TPM_ALG.SHA384])
  const permanent = await execute(tpm, GetCapability, {
    capability: TPM_CAP.TPM_PROPERTIES,
    property: TPM_PT.PERMANENT,
    propertyCount: 1,
  })
  const [flags] = permanent.capabilityData.data as { value: number }[]
  assert.equal(flags!.value & 0b111, 0, 'ownerAuthSet, endorsementAuthSet, lockoutAuthSet')
})
