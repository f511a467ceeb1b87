import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** A VM of an image that no UEFI starts, on a host that finds this of its disk. */
async function aVmOfGeneration1(t: TestContext, lacks: string[] = []) {
  const examination = { hyperVGeneration: 'V1', securityType: null } as const
  const service = await aService(t, new ScriptedHost({ examination, lacks }))
  const image = await anImage(service)
  const storageProfile = {
    imageReference: { id: image.id },
    osDisk: { createOption: 'FromImage', name: 'own' },
  }
  const { id, end } = await aVm(service, 'old', { storageProfile })
  assert.equal(end?.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await service.host.machines()
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/own`
  return { service, id, machine: machine!, disk }
}

const toTrustedLaunch = { properties: { securityProfile: { securityType: 'TrustedLaunch' } } }

test('a VM of a generation 1 image is Standard, says why, and is started by a BIOS', async (t) => {
  const { service, id, machine, disk } = await aVmOfGeneration1(t)
  const { generation, secureBoot, vTpm } = service.host.plan(machine)!
  assert.deepEqual([generation, secureBoot, vTpm], ['V1', false, false])
  const view = (await service.ask('GET', `${id}/instanceView`)).body
  assert.equal(view.hyperVGeneration, 'V1')
  const notice = view.statuses.find(({ code }: any) => code === 'TrustedLaunch/NotApplied')
  assert.match(notice.message, /generation 1/)
  assert.equal((await service.ask('GET', disk)).body.properties.hyperVGeneration, 'V1')
})

test('a generation 1 VM whose disk lacks what UEFI needs is not made Trusted Launch, and is told what', async (t) => {
  const lacks = ['partition table (it is an MBR)', 'EFI system partition (there is none)']
  const { service, id } = await aVmOfGeneration1(t, lacks)
  const running = await service.ask('PATCH', id, toTrustedLaunch)
  assert.deepEqual([running.status, running.body.error.code], [409, 'OperationNotAllowed'])
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const refused = await service.ask('PATCH', id, toTrustedLaunch)
  assert.equal(refused.status, 400)
  assert.match(refused.body.error.message, /lacks: partition table \(it is an MBR\); EFI system/)
  assert.equal((await service.ask('GET', id)).body.properties.provisioningState, 'Succeeded')
})

test('a converted one becomes generation 2 and Trusted Launch, its disk with it, and stays generation 2 as Standard', async (t) => {
  const { service, id, machine, disk } = await aVmOfGeneration1(t)
  const isTold = async () => {
    const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
    return statuses.some(({ code }: any) => code === 'TrustedLaunch/NotApplied')
  }
  await service.ask('PATCH', id, { tags: { a: 'b' } })
  assert.ok(await isTold(), 'another change does not make it untrue')
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const patch = await service.ask('PATCH', id, toTrustedLaunch)
  assert.equal((await service.over(patch)).status, 'Succeeded')
  const { generation, secureBoot, vTpm } = service.host.plan(machine)!
  assert.deepEqual([generation, secureBoot, vTpm], ['V2', false, true])
  assert.ok(!(await isTold()))
  const reimage = await service.ask('POST', `${id}/reimage`, {})
  assert.deepEqual([reimage.status, reimage.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(reimage.body.error.message, /was converted from generation 1/)
  const { properties } = (await service.ask('GET', disk)).body
  assert.deepEqual(
    [properties.hyperVGeneration, properties.securityProfile?.securityType],
    ['V2', 'TrustedLaunch'],
  )
  const back = { properties: { securityProfile: { securityType: 'Standard' } } }
  await service.over(await service.ask('PATCH', id, back))
  assert.equal(service.host.plan(machine)!.generation, 'V2')
  assert.equal((await service.ask('GET', disk)).body.properties.securityProfile, undefined)
})

test('Trusted Launch is recommended of a generation 1 VM once its disk is found fit for UEFI, not before', async (t) => {
  const { service, id } = await aVmOfGeneration1(t)
  const isTold = async () => {
    const { body } = await service.ask('GET', `${id}/providers/Microsoft.Security/assessments`)
    return body.value.some(({ properties }: any) => properties.status.cause === 'generation-1')
  }
  assert.ok(await isTold())
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.ok(!(await isTold()))
})
