import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { decode, encode, fromHex, toHex } from '@trusted-launch/codec'
import {
  decodePcrSelection,
  execute,
  GetCapability,
  NV_ReadPublic,
  NV_UndefineSpace,
  NV_Write,
  ReadPublic,
  Startup,
  TPM_ALG,
  TPM_CAP,
  TPM_NT,
  TPM_PT,
  TPM_RH,
  TPM_SU,
  TPMA_NV,
  TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { createPrimary } from '../../src/vtpm/provision.ts'
import type { TpmSession } from '../../src/vtpm/swtpm.ts'
import { Place, readNv } from './place.ts'

const EK = 0x8101_0001
const AK = 0x8100_0003
const EK_CERTIFICATE = 0x01c0_0002
const AK_CERTIFICATE = 0x01c1_01d0
const INDEX = 0x01c1_0200

/** RSA, SHA-256, attributes, policy, AES-128-CFB, 2048 bits. TCG EK Credential Profile 2.5, L-1. */
const L1 =
  '0001000b000300b20020837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa' +
  '0006008000430010080000000000'
const ZEROS = `0100${'00'.repeat(256)}`
/** fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign; RSASSA, SHA-256. */
const SIGNING = '0001000b000504720000001000' + '14000b080000000000'

/** A provisioned TPM, turned on as the guest finds it. */
async function provisioned(t: TestContext, banks: readonly ('sha256' | 'sha384')[] = ['sha256']) {
  const place = await Place.make(t)
  const identity = await place.keeper.provision({ ...place.of('a'), banks })
  const tpm = await place.session('a')
  t.after(() => tpm.close())
  await execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  return { identity, tpm }
}

async function capability(tpm: TpmSession, what: number, property: number, propertyCount = 64) {
  const asked = { capability: what, property, propertyCount }
  return (await execute(tpm, GetCapability, asked)).capabilityData.data as any[]
}

test('the EK is of template L-1, the AK a restricted signing key, both primaries of the endorsement hierarchy, and no other key is kept', async (t) => {
  const { identity, tpm } = await provisioned(t)
  assert.deepEqual(await capability(tpm, TPM_CAP.HANDLES, 0x8100_0000), [AK, EK])
  const ek = await execute(tpm, ReadPublic, { objectHandle: EK })
  const ak = await execute(tpm, ReadPublic, { objectHandle: AK })
  assert.ok(toHex(encode(TPMT_PUBLIC, ek.outPublic)).startsWith(L1))
  assert.ok(toHex(encode(TPMT_PUBLIC, ak.outPublic)).startsWith(SIGNING))
  assert.equal(toHex(ek.name), toHex(identity.ekName))
  assert.equal(toHex(ak.name), toHex(identity.akName))
  const again = await createPrimary(tpm, decode(TPMT_PUBLIC, fromHex(L1 + ZEROS)))
  assert.equal(toHex(again.name), toHex(identity.ekName))
})

test('the certificates and an extend-only index are there, of the platform: the owner reads, and neither removes nor writes', async (t) => {
  const { identity, tpm } = await provisioned(t)
  const indices = [EK_CERTIFICATE, AK_CERTIFICATE, INDEX]
  assert.deepEqual(await capability(tpm, TPM_CAP.HANDLES, 0x0100_0000), indices)
  assert.equal(toHex(await readNv(tpm, EK_CERTIFICATE)), toHex(identity.ekCertificate))
  assert.equal(toHex(await readNv(tpm, AK_CERTIFICATE)), toHex(identity.akCertificate))
  const authHandle = TPM_RH.OWNER
  for (const nvIndex of indices) {
    const { attributes } = (await execute(tpm, NV_ReadPublic, { nvIndex })).nvPublic
    assert.ok((attributes & TPMA_NV.PLATFORMCREATE) !== 0)
    assert.equal(attributes & 0xf0, nvIndex === INDEX ? TPM_NT.EXTEND : TPM_NT.ORDINARY)
    await assert.rejects(
      execute(tpm, NV_UndefineSpace, { authHandle, nvIndex }),
      /TPM_RC_NV_AUTHORIZATION/,
    )
    const data = new Uint8Array(32)
    for (const by of [authHandle, nvIndex])
      await assert.rejects(
        execute(tpm, NV_Write, { authHandle: by, nvIndex, data, offset: 0 }),
        /TPM_RC_(NV_AUTHORIZATION|AUTH_UNAVAILABLE|ATTRIBUTES)/,
      )
  }
})

for (const [banks, algorithms] of [
  [['sha256'], [TPM_ALG.SHA256]],
  [
    ['sha256', 'sha384'],
    [TPM_ALG.SHA256, TPM_ALG.SHA384],
  ],
] as const)
  test(`a vTPM with the banks ${banks.join(' and ')} has no other, and no hierarchy of it has an authorization`, async (t) => {
    const { tpm } = await provisioned(t, banks)
    const pcrs = (await capability(tpm, TPM_CAP.PCRS, 0)) as {
      hash: number
      pcrSelect: Uint8Array
    }[]
    const used = pcrs.filter((bank) => decodePcrSelection(bank).length > 0)
    assert.deepEqual(
      used.map(({ hash }) => hash),
      algorithms,
    )
    const [flags] = await capability(tpm, TPM_CAP.TPM_PROPERTIES, TPM_PT.PERMANENT, 1)
    assert.equal(flags.value & 0b111, 0, 'ownerAuthSet, endorsementAuthSet, lockoutAuthSet')
  })
