import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'
import template from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { aService } from '../a-service.ts'
import { aVm, vmBody } from '../a-vm.ts'

/** A certificate of somebody's. */
const der = parseSecureBootTemplate(template).db[0]!.value[0]!
const url = `data:application/pkix-cert;base64,${Buffer.from(der).toString('base64')}`

const { osProfile } = vmBody('').properties
const withSecrets = (...vaultCertificates: object[]) => ({
  osProfile: { ...osProfile, secrets: [{ vaultCertificates }] },
})

test('certificates for MokList reach the host that makes the VM, are shown again, and stay', async (t) => {
  const service = await aService(t)
  const one = { certificateUrl: url, certificateStore: 'MokList' }
  const { id, end } = await aVm(service, 'web', withSecrets(one))
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await service.host.machines()
  assert.deepEqual(service.host.plan(machine!)!.machineOwnerKeys, [der])
  const { body } = await service.ask('GET', id)
  assert.deepEqual(body.properties.osProfile.secrets, [{ vaultCertificates: [one] }])
  const patch = await service.ask('PATCH', id, { properties: { osProfile: { secrets: [] } } })
  assert.deepEqual([patch.status, patch.body.error.code], [409, 'PropertyChangeNotAllowed'])
})

for (const [what, target, ...secrets] of [
  ['for another store', 'Store', { certificateUrl: url, certificateStore: 'My' }],
  ['without a store', 'Store', { certificateUrl: url }],
  [
    'of a vault',
    'Url',
    { certificateUrl: 'https://v.vault.azure.net/secrets/a/b', certificateStore: 'MokList' },
  ],
  [
    'that is none',
    'Url',
    { certificateUrl: 'data:application/pkix-cert;base64,AAAA', certificateStore: 'MokList' },
  ],
  [
    'beyond what shim can mirror',
    'Url',
    ...Array.from({ length: 6 }, () => ({ certificateUrl: url, certificateStore: 'moklist' })),
  ],
] as const)
  test(`a certificate ${what} is refused, and nothing is made`, async (t) => {
    const service = await aService(t)
    const { id, put } = await aVm(service, 'web', withSecrets(...secrets))
    assert.deepEqual([put.status, put.body.error.code], [400, 'InvalidParameter'])
    assert.equal(
      put.body.error.target,
      `osProfile.secrets.vaultCertificates.certificate${target}`,
      put.body.error.message,
    )
    assert.equal((await service.ask('GET', id)).status, 404)
  })
