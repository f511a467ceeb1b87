import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DiskFacts,
  diskChangeFault,
  diskCreateFault,
  imageFactsOf,
  osDiskFault,
} from '../../src/catalogue/disk-security.ts'

const guarded: DiskFacts = {
  hyperVGeneration: 'V2',
  architecture: 'x64',
  securityType: 'TrustedLaunch',
  supportedSecurityOption: 'TrustedLaunchSupported',
}
const able: DiskFacts = { ...guarded, securityType: null }
const plain: DiskFacts = { ...able, supportedSecurityOption: null }
const mismatch = 'Security type of VM is not compatible with the security type of attached OS Disk.'

test('a VM and its OS disk agree: Security type of VM is not compatible with the security type of attached OS Disk.', () => {
  const said = (...args: Parameters<typeof osDiskFault>) => osDiskFault(...args)?.message ?? null
  assert.equal(said('Standard', guarded), mismatch)
  assert.equal(said('TrustedLaunch', plain), mismatch)
  assert.equal(said('TrustedLaunch', { ...able, hyperVGeneration: 'V1' }), mismatch)
  const confidential = {
    ...able,
    securityType: 'ConfidentialVM_VMGuestStateOnlyEncryptedWithPlatformKey',
  }
  assert.equal(said('TrustedLaunch', confidential), mismatch)
  assert.equal(said('Standard', confidential), mismatch)
  for (const disk of [guarded, able]) assert.equal(said('TrustedLaunch', disk), null)
  for (const disk of [able, plain]) assert.equal(said('Standard', disk), null)
})

test("a copy takes its source's type: Security Type 'TrustedLaunch' is not supported for CreateOption 'Copy'", () => {
  assert.deepEqual(diskCreateFault('TrustedLaunch', 'Copy'), {
    status: 400,
    code: 'BadRequest',
    message: "Security Type 'TrustedLaunch' is not supported for CreateOption 'Copy'",
    target: 'securityProfile.securityType',
  })
  assert.notEqual(diskCreateFault('TrustedLaunch', 'Empty'), null)
  for (const option of ['FromImage', 'Import', 'ImportSecure', 'Upload', 'uploadPreparedSecure'])
    assert.equal(diskCreateFault('TrustedLaunch', option), null, option)
  assert.equal(diskCreateFault(null, 'Copy'), null)
})

test('a disk of a confidential VM, or of a type that nobody knows, is not made', () => {
  const types = ['ConfidentialVM_NonPersistedTPM', 'Standard']
  assert.match(diskCreateFault(types[0]!, 'FromImage')!.message, /ConfidentialVM/)
  assert.equal(diskCreateFault(types[1]!, 'FromImage')?.code, 'InvalidParameter')
})

test("a disk's type stays: Changing property 'securityProfile.securityType' is not allowed.", () => {
  const fault = diskChangeFault(null, 'TrustedLaunch')
  assert.deepEqual(
    [fault?.status, fault?.code, fault?.message],
    [
      409,
      'PropertyChangeNotAllowed',
      "Changing property 'securityProfile.securityType' is not allowed.",
    ],
  )
  assert.equal(diskChangeFault('TrustedLaunch', 'TrustedLaunch'), null)
  assert.equal(diskChangeFault('TrustedLaunch', null), null)
})

test('an OS disk is to the rules of a new VM what an image is, by its own type before what it supports', () => {
  assert.equal(imageFactsOf(guarded).securityType, 'TrustedLaunch')
  assert.equal(imageFactsOf(able).securityType, 'TrustedLaunchSupported')
  assert.equal(imageFactsOf(plain).securityType, null)
})
