import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode, toHex } from '@trusted-launch/codec'
import { Certificate, verifyChain } from '@trusted-launch/crypto'
import { TPMT_PUBLIC } from '@trusted-launch/tpm2'
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
  const { akName } = await place.keeper.provision(place.of('a'))
  const { akCertificate, retiredAkNames } = await place.keeper.reprovision(place.of('a'))
  assert.deepEqual(retiredAkNames, [akName])
  const { identity } = await place.keeper.check(place.of('a'))
  assert.deepEqual(identity.retiredAkNames.map(toHex), [toHex(akName)])
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
