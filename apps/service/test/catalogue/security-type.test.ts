import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestedSecurity } from '../../src/catalogue/security.ts'
import { type ImageFacts, securityOfNew } from '../../src/catalogue/security-type.ts'
import { sizeNamed } from '../../src/catalogue/sizes.ts'

const nothing: RequestedSecurity = {
  securityType: null,
  secureBootEnabled: null,
  vTpmEnabled: null,
}
const gen2: ImageFacts = {
  hyperVGeneration: 'V2',
  architecture: 'x64',
  securityType: 'TrustedLaunchSupported',
}
const plain: ImageFacts = { ...gen2, securityType: null }
const gen1: ImageFacts = { ...plain, hyperVGeneration: 'V1' }

function made(size: string, image = gen2, requested: Partial<RequestedSecurity> = {}) {
  return securityOfNew({ ...nothing, ...requested }, sizeNamed(size)!, image)
}

function refused(size: string, image = gen2, requested: Partial<RequestedSecurity> = {}) {
  const decided = made(size, image, requested)
  assert.ok('fault' in decided, 'it was allowed')
  return decided.fault
}

const on = { securityType: 'TrustedLaunch', secureBootEnabled: true, vTpmEnabled: true }

test('a new Gen2 VM is Trusted Launch with Secure Boot and vTPM when nothing is said', () => {
  assert.deepEqual(made('Standard_D2s_v5'), { ...on, notices: [] })
  assert.deepEqual(made('Standard_D2ps_v6', { ...gen2, architecture: 'Arm64' }), {
    ...on,
    notices: [],
  })
})

test('every kind of image that contains TrustedLaunch takes it by default', () => {
  for (const securityType of ['TrustedLaunch', 'TrustedLaunchAndConfidentialVmSupported'])
    assert.deepEqual(made('Standard_D2s_v5', { ...gen2, securityType }), { ...on, notices: [] })
})

test('explicit input wins: Standard needs no flag and no notice, Secure Boot alone may be off', () => {
  const standard = { securityType: 'Standard', secureBootEnabled: false, vTpmEnabled: false }
  assert.deepEqual(made('Standard_D2s_v5', gen2, { securityType: 'Standard' }), {
    ...standard,
    notices: [],
  })
  assert.deepEqual(
    made('Standard_D2s_v5', gen2, { securityType: 'TrustedLaunch', secureBootEnabled: false }),
    { ...on, secureBootEnabled: false, notices: [] },
  )
})

test('uefiSettings without securityType count where Trusted Launch is the default, and are never ignored', () => {
  assert.deepEqual(made('Standard_D2s_v5', gen2, { secureBootEnabled: false }), {
    ...on,
    secureBootEnabled: false,
    notices: [],
  })
  const fault = refused('Standard_D2s_v5', plain, { vTpmEnabled: true })
  assert.deepEqual([fault.status, fault.target], [400, 'securityProfile.uefiSettings'])
  assert.match(fault.message, /the image is not marked as supporting it\.$/)
  const asked = { securityType: 'Standard', secureBootEnabled: true } as const
  assert.equal(refused('Standard_D2s_v5', gen2, asked).target, 'securityProfile.uefiSettings')
})

for (const [why, size, image] of [
  ['the size Standard_M64s does not support it', 'Standard_M64s', gen2],
  ['the image is not marked as supporting it', 'Standard_D2s_v5', plain],
  ['the image is of generation 1', 'Standard_D2s_v5', gen1],
  ['the size Standard_A1_v2 does not support it', 'Standard_A1_v2', gen1],
] as const)
  test(`where the default can't be (${why}) the VM is plainly Standard, with a notice`, () => {
    const decided = made(size, image)
    assert.ok(!('fault' in decided), 'an error because of a default')
    assert.equal(decided.securityType, 'Standard')
    assert.deepEqual(
      decided.notices.map(({ code, level }) => `${code} ${level}`),
      ['TrustedLaunch/NotApplied Warning'],
    )
    assert.ok(decided.notices[0]?.message.endsWith(`but ${why}.`))
  })

const bad = { status: 400, code: 'BadRequest' }

test("explicit TrustedLaunch on a size without it: The VM size '…' is not supported for creation …", () => {
  for (const size of ['Standard_A4_v2', 'Standard_M64s', 'Standard_DC2as_v5'])
    assert.deepEqual(refused(size, gen2, { securityType: 'TrustedLaunch' }), {
      ...bad,
      message: `The VM size '${size}' is not supported for creation of VMs and Virtual Machine Scale Set with 'TrustedLaunch' security type. For more information, see https://aka.ms/TrustedLaunch-FAQ`,
    })
})

test("a size of confidential VMs alone, nothing said: … with '<NULL>' security type", () => {
  assert.match(refused('Standard_DC2as_v5').message, /with '<NULL>' security type\./)
})

test('explicit TrustedLaunch on an image without it: Use of TrustedLaunch setting is not supported for the provided image.', () => {
  for (const image of [plain, gen1, { ...gen1, securityType: 'TrustedLaunchSupported' }])
    assert.deepEqual(refused('Standard_D2s_v5', image, { securityType: 'TrustedLaunch' }), {
      ...bad,
      message:
        'Use of TrustedLaunch setting is not supported for the provided image. Please select Trusted Launch Supported Gen2 OS Image. For more information, see https://aka.ms/TrustedLaunch-FAQ.',
    })
})

test("an image for Trusted Launch VMs only: … only supports creation of VMs and VM Scale Sets with 'TrustedLaunch' security type.", () => {
  const only = { ...gen2, securityType: 'TrustedLaunch' }
  const expected = {
    ...bad,
    message:
      "The provided gallery image only supports creation of VMs and VM Scale Sets with 'TrustedLaunch' security type.",
  }
  assert.deepEqual(refused('Standard_D2s_v5', only, { securityType: 'Standard' }), expected)
  assert.deepEqual(refused('Standard_M64s', only), expected)
})

test("a Gen1-only size, a Gen2 image, no securityType: The selected VM size '…' cannot boot Hypervisor Generation '2'. …", () => {
  for (const requested of [{}, { securityType: 'Standard' }] as const)
    assert.deepEqual(refused('Standard_A1_v2', gen2, requested), {
      ...bad,
      message:
        "The selected VM size 'Standard_A1_v2' cannot boot Hypervisor Generation '2'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size. If this was an Update operation please select a Hypervisor Generation '2' VM Size. For more information, see https://aka.ms/azuregen2vm",
    })
  assert.match(refused('Standard_D2s_v6', gen1).message, /cannot boot Hypervisor Generation '1'/)
})

test("an Arm64 size, an x64 image: Cannot create a VM of size '…' because this VM size only supports a CPU Architecture of 'Arm64', …", () => {
  assert.deepEqual(refused('Standard_B2pts_v2', gen2, { securityType: 'TrustedLaunch' }), {
    ...bad,
    message:
      "Cannot create a VM of size 'Standard_B2pts_v2' because this VM size only supports a CPU Architecture of 'Arm64', but an image or disk with CPU Architecture 'x64' was given. Please check that the CPU Architecture of the image or disk is compatible with that of the VM size.",
  })
})

test('ConfidentialVM is refused with the reason, on any size', () => {
  for (const size of ['Standard_DC2as_v5', 'Standard_D2s_v5']) {
    const fault = refused(size, gen2, { securityType: 'ConfidentialVM' })
    assert.deepEqual([fault.status, fault.target], [400, 'securityProfile.securityType'])
    assert.match(fault.message, /AMD SEV-SNP, Intel TDX/)
  }
})
