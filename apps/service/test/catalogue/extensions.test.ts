import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  extensionType,
  extensionTypes,
  extensionView,
  typesOf,
} from '../../src/catalogue/extensions.ts'

test("GuestAttestation is there by both of Azure's publishers, version 1.0", () => {
  assert.deepEqual(
    extensionTypes.map(({ publisher, type, versions }) => [publisher, type, ...versions].join(' ')),
    [
      'Microsoft.Azure.Security.LinuxAttestation GuestAttestation 1.0',
      'Microsoft.Azure.Security.WindowsAttestation GuestAttestation 1.0',
    ],
  )
  const found = extensionType('MICROSOFT.AZURE.SECURITY.LINUXATTESTATION', 'guestattestation')
  assert.ok('extension' in found)
  assert.deepEqual(typesOf('microsoft.azure.security.linuxattestation'), [found.extension])
})

test("an unknown extension: The VM extension with publisher '…' and type '…' could not be found.", () => {
  assert.deepEqual(extensionType('Microsoft.Azure.Extensions', 'CustomScript'), {
    fault: {
      status: 404,
      code: 'ArtifactNotFound',
      message:
        "The VM extension with publisher 'Microsoft.Azure.Extensions' and type 'CustomScript' could not be found.",
    },
  })
  const long = extensionType('p'.repeat(5000), 't')
  assert.ok('fault' in long && long.fault.message.length < 300)
})

test('an extension image shows its operating system', () => {
  const view = extensionView(extensionTypes[0]!, { subscriptionId: 'S', location: 'local' }, '1.0')
  assert.deepEqual(view, {
    id: '/Subscriptions/S/Providers/Microsoft.Compute/Locations/local/Publishers/Microsoft.Azure.Security.LinuxAttestation/ArtifactTypes/VMExtension/Types/GuestAttestation/Versions/1.0',
    name: '1.0',
    location: 'local',
    properties: {
      operatingSystem: 'Linux',
      computeRole: 'IaaS',
      vmScaleSetEnabled: true,
      supportsMultipleExtensions: false,
    },
  })
})
