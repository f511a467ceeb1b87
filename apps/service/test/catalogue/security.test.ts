import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestedSecurity } from '../../src/catalogue/security.ts'

test('"true" and "false" as strings are booleans: Azure Policy sends them', () => {
  assert.deepEqual(
    requestedSecurity({
      securityType: 'TrustedLaunch',
      uefiSettings: { secureBootEnabled: 'False', vTpmEnabled: 'true' },
    }),
    { securityType: 'TrustedLaunch', secureBootEnabled: false, vTpmEnabled: true },
  )
})

test('no securityProfile, null, an empty one and one of nulls all say nothing', () => {
  const nothing = { securityType: null, secureBootEnabled: null, vTpmEnabled: null }
  for (const profile of [undefined, null, {}, { securityType: null, uefiSettings: null }])
    assert.deepEqual(requestedSecurity(profile), nothing)
  assert.deepEqual(requestedSecurity({ encryptionAtHost: true, uefiSettings: {} }), nothing)
  assert.deepEqual(requestedSecurity({ uefiSettings: { vTpmEnabled: null } }), nothing)
})

test('a security type is read in any case of letters', () => {
  assert.deepEqual(requestedSecurity({ securityType: 'trustedlaunch' }), {
    securityType: 'TrustedLaunch',
    secureBootEnabled: null,
    vTpmEnabled: null,
  })
})

for (const [target, profile] of [
  ['securityProfile', 'TrustedLaunch'],
  ['securityProfile', ['TrustedLaunch']],
  ['securityProfile.securityType', { securityType: 'Trusted' }],
  ['securityProfile.securityType', { securityType: 1 }],
  ['securityProfile.securityType', { securityType: '' }],
  ['securityProfile.uefiSettings', { uefiSettings: true }],
  ['securityProfile.uefiSettings.vTpmEnabled', { uefiSettings: { vTpmEnabled: 'yes' } }],
  ['securityProfile.uefiSettings.secureBootEnabled', { uefiSettings: { secureBootEnabled: 1 } }],
] as const)
  test(`${JSON.stringify(profile)} is refused with the target ${target}`, () => {
    assert.deepEqual(requestedSecurity(profile), {
      fault: {
        status: 400,
        code: 'InvalidParameter',
        message: `The value of parameter ${target} is invalid.`,
        target,
      },
    })
  })
