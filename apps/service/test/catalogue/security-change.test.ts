import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RequestedSecurity, STANDARD } from '../../src/catalogue/security.ts'
import {
  type ExistingVm,
  resizeFault,
  securityChange,
} from '../../src/catalogue/security-change.ts'
import { sizeNamed } from '../../src/catalogue/sizes.ts'
import { refusals } from '../../src/catalogue/texts.ts'

const on = {
  securityType: 'TrustedLaunch',
  secureBootEnabled: true,
  vTpmEnabled: true,
} as const
const ordinary: ExistingVm = {
  security: STANDARD,
  size: sizeNamed('Standard_D2s_v5')!,
  deallocated: true,
  hyperVGeneration: 'V2',
  lacks: [],
}
const guarded: ExistingVm = { ...ordinary, security: on }
const asked = (requested: Partial<RequestedSecurity>): RequestedSecurity => ({
  securityType: null,
  secureBootEnabled: null,
  vTpmEnabled: null,
  ...requested,
})
const toTrustedLaunch = asked({ securityType: 'TrustedLaunch' })
const after = { hyperVGeneration: 'V2', restarts: false }

function faultOf(vm: ExistingVm, requested: RequestedSecurity) {
  const decided = securityChange(vm, requested)
  assert.ok('fault' in decided, 'it was allowed')
  return decided.fault
}

test('enabling Trusted Launch on an existing Gen2 VM turns the vTPM on, and Secure Boot only when asked', () => {
  assert.deepEqual(securityChange(ordinary, toTrustedLaunch), {
    ...on,
    secureBootEnabled: false,
    ...after,
  })
  const both = { ...toTrustedLaunch, secureBootEnabled: true }
  assert.deepEqual(securityChange(ordinary, both), { ...on, ...after })
})

test('changing the security type of a running VM: 409 OperationNotAllowed, deallocate first', () => {
  for (const [vm, securityType] of [
    [ordinary, 'TrustedLaunch'],
    [guarded, 'Standard'],
  ] as const) {
    const fault = faultOf({ ...vm, deallocated: false }, asked({ securityType }))
    assert.deepEqual(
      [fault.status, fault.code, fault.target],
      [409, 'OperationNotAllowed', 'securityProfile.securityType'],
    )
    assert.match(fault.message, /deallocate first/)
  }
})

test('a deallocated VM goes back to Standard, uefiSettings null or off, and none may stay on', () => {
  const back = asked({ securityType: 'Standard' })
  const standard = { ...STANDARD, ...after }
  assert.deepEqual(securityChange(guarded, back), standard)
  const off = { ...back, secureBootEnabled: false, vTpmEnabled: false }
  assert.deepEqual(securityChange(guarded, off), standard)
  assert.equal(
    faultOf(guarded, { ...back, vTpmEnabled: true }).target,
    'securityProfile.uefiSettings',
  )
})

test('switching Secure Boot or vTPM of a running Trusted Launch VM restarts it, of a stopped one does not', () => {
  const running = { ...guarded, deallocated: false }
  const off = asked({ secureBootEnabled: false })
  const expected = { ...on, secureBootEnabled: false, hyperVGeneration: 'V2' }
  assert.deepEqual(securityChange(running, off), { ...expected, restarts: true })
  assert.deepEqual(securityChange(guarded, off), { ...expected, restarts: false })
  const same = asked({ securityType: 'TrustedLaunch', vTpmEnabled: true })
  assert.deepEqual(securityChange(running, same), { ...on, ...after })
})

test('nothing said changes nothing', () => {
  assert.deepEqual(securityChange(guarded, asked({})), { ...on, ...after })
  assert.deepEqual(securityChange({ ...ordinary, deallocated: false }, asked({})), {
    ...STANDARD,
    ...after,
  })
})

test('Secure Boot on a Standard VM without securityType is refused, not ignored', () => {
  const fault = faultOf(ordinary, asked({ secureBootEnabled: true }))
  assert.equal(fault.status, 400)
  assert.match(fault.message, /this VM is 'Standard'/)
})

test('enabling Trusted Launch on a size without it is refused with its text', () => {
  const large = { ...ordinary, size: sizeNamed('Standard_M64s')! }
  assert.match(faultOf(large, toTrustedLaunch).message, /'Standard_M64s' is not supported/)
})

test('a Gen1 VM becomes Trusted Launch of Gen2, or learns what its disk lacks', () => {
  const old: ExistingVm = { ...ordinary, hyperVGeneration: 'V1' }
  assert.deepEqual(securityChange(old, toTrustedLaunch), {
    ...on,
    secureBootEnabled: false,
    ...after,
  })
  const lacking = { ...old, lacks: ['a GPT', 'an EFI system partition'] }
  assert.match(
    faultOf(lacking, toTrustedLaunch).message,
    /lacks: a GPT; an EFI system partition\.$/,
  )
})

test('an existing VM does not become confidential', () => {
  const fault = faultOf(ordinary, asked({ securityType: 'ConfidentialVM' }))
  assert.equal(fault.target, 'securityProfile.securityType')
})

test('a Trusted Launch VM is not resized to a size without it', () => {
  const fault = resizeFault(guarded, 'x64', sizeNamed('Standard_M64s')!)
  assert.match(fault!.message, /'Standard_M64s' is not supported .* 'TrustedLaunch' security type/)
  assert.equal(resizeFault(guarded, 'x64', sizeNamed('Standard_E4s_v5')!), null)
  assert.equal(resizeFault(ordinary, 'x64', sizeNamed('Standard_M64s')!), null)
})

test('a VM is resized only to a size of its architecture and generation', () => {
  const resize = (size: string) => resizeFault(ordinary, 'x64', sizeNamed(size)!)?.message
  assert.match(resize('Standard_D2ps_v6')!, /CPU Architecture of 'Arm64'/)
  assert.match(resize('Standard_A1_v2')!, /cannot boot Hypervisor Generation '2'/)
  assert.match(resize('Standard_DC2as_v5')!, /with 'Standard' security type/)
})

test('a managed image of a Trusted Launch VM: Creation of managed images are not supported …', () => {
  assert.deepEqual(refusals.managedImage(true), {
    status: 409,
    code: 'OperationNotAllowed',
    message:
      'Creation of managed images are not supported for virtual machine with TrustedLaunch security type.',
  })
  assert.match(refusals.managedImage(false).message, /gallery image/)
})

test("hibernation is refused: of a Linux VM by Trusted Launch's rule, else because this host offers none", () => {
  assert.match(refusals.hibernation('Linux', true).message, /Linux .* TrustedLaunch security type/)
  assert.match(refusals.hibernation('Windows', true).message, /not offered by this host/)
  assert.match(refusals.hibernation('Linux', false).message, /not offered by this host/)
  assert.deepEqual(
    [refusals.hibernation('Windows', true).status, refusals.hibernation('Windows', true).target],
    [409, 'additionalCapabilities.hibernationEnabled'],
  )
})
