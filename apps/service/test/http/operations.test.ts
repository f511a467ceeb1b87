import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartRefused } from '../../src/domain/host/machines.ts'
import { aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { imageBody, imageId } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('a creation that fails on its host leaves nothing behind but its operation', async (t) => {
  const host = new ScriptedHost({
    before: (deed) => {
      if (deed === 'create') throw new Error('the disk is full')
    },
  })
  const service = await aService(t, host)
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Failed')
  assert.match(end.error.message, /went wrong on our side.*correlation id/)
  assert.equal((await service.ask('GET', id)).status, 404)
  assert.deepEqual(await host.machines(), [])
  const { body } = await service.ask('GET', `${service.group('rg')}/resources`)
  assert.deepEqual(body.value.map(({ name }: any) => name).sort(), ['net', 'nic-web'])
})

test('a VM whose boot is refused fails by the name of what was refused, and stays for its console', async (t) => {
  const boot = () =>
    ({
      kind: 'failed',
      code: 'secure-boot-violation',
      component: 'loader',
      message: 'refused',
      confirmed: true,
      lastLine: '',
    }) as const
  const service = await aService(t, new ScriptedHost({ boot }))
  const { id, end } = await aVm(service)
  assert.deepEqual([end.status, end.error.code], ['Failed', 'SecureBootViolation'])
  assert.match(end.error.message, /the loader is not signed/)
  const { body } = await service.ask('GET', `${id}?$expand=instanceView`)
  assert.equal(body.properties.provisioningState, 'Failed')
  assert.match(JSON.stringify(body.properties.instanceView.statuses), /the loader is not signed/)
  const health = await service.ask(
    'GET',
    `${id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current`,
  )
  assert.deepEqual(
    [health.body.properties.availabilityState, health.body.properties.title],
    ['Unavailable', 'SecureBootViolation'],
  )
})

test('a VM that its host refuses to start says what of it was refused, and may be tried again', async (t) => {
  let isRefused = false
  const before = (deed: string) => {
    if (deed === 'start' && isRefused)
      throw new StartRefused('vtpm-key-refused', 'vTPM', "the state is another VM's")
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const { id } = await aVm(service)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  isRefused = true
  const { status, error } = await service.over(await service.ask('POST', `${id}/start`))
  assert.deepEqual([status, error.code], ['Failed', 'VtpmRefused'])
  const statuses = async () => (await service.ask('GET', `${id}/instanceView`)).body.statuses
  assert.match(JSON.stringify(await statuses()), /was not started: the state is another VM's/)
  assert.match(JSON.stringify(await statuses()), /PowerState\/stopped/)
  isRefused = false
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
  assert.doesNotMatch(JSON.stringify(await statuses()), /was not started/)
})

test('operations are listed with what they do, and a deleted group takes all with it', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/TrustedLaunch/operations`,
  )
  assert.deepEqual(
    body.value.map(({ kind, status }: any) => [kind, status]),
    [['vm.create', 'Succeeded']],
  )
  const gone = await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(gone.status, 'Succeeded', JSON.stringify(gone))
  assert.deepEqual(await service.host.machines(), [])
  const left = await service.ask('GET', `${service.subscription}/resources`)
  assert.deepEqual(left.body.value, [])
})

test('actions that do not fit the state of a VM are refused, and say what is so', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const change = { properties: { securityProfile: { securityType: 'Standard' } } }
  const running = await service.ask('PATCH', id, change)
  assert.deepEqual([running.status, running.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(running.body.error.message, /deallocate/i)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const restart = await service.ask('POST', `${id}/restart`)
  assert.deepEqual([restart.status, restart.body.error.code], [409, 'OperationNotAllowed'])
  assert.equal((await service.ask('POST', `${id}/generalize`)).status, 200)
  assert.match((await service.ask('POST', `${id}/start`)).body.error.message, /generalized/)
  const capture = await service.ask('POST', `${id}/capture`)
  assert.equal(
    capture.body.error.message,
    'Creation of managed images are not supported for virtual machine with TrustedLaunch security type.',
  )
})

test('a spot VM is evicted as its policy says, and no other is', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service, 'plain')
  assert.match((await service.ask('POST', `${id}/simulateEviction`)).body.error.message, /Spot/)
  const spot = await aVm(service, 'spot', { priority: 'Spot', evictionPolicy: 'Deallocate' })
  assert.equal((await service.ask('POST', `${spot.id}/simulateEviction`)).status, 204)
  for (;;) {
    const { body } = await service.ask('GET', `${spot.id}/instanceView`)
    if (body.statuses.some(({ code }: any) => code === 'PowerState/deallocated')) break
  }
})

test('an interface that a VM has is not deleted, and a VM that is gone frees it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const nic = `${service.group('rg')}/providers/Microsoft.Network/networkInterfaces/nic-web`
  assert.equal((await service.ask('DELETE', nic)).body.error.code, 'NicInUse')
  await service.over(await service.ask('DELETE', id))
  assert.equal((await service.ask('DELETE', nic)).status, 200)
})

test('every kind of operation that an endpoint enqueues has its handler', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  for (const action of [
    'powerOff',
    'start',
    'restart',
    'redeploy',
    'reapply',
    'reimage',
    'deallocate',
  ]) {
    const end = await service.over(await service.ask('POST', `${id}/${action}`))
    assert.equal(end.status, 'Succeeded', `${action}: ${JSON.stringify(end)}`)
  }
})

test('a creation that is cancelled before it boots is undone, and nothing else can be', async (t) => {
  const reached = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const host = new ScriptedHost({
    before: async (deed) => {
      if (deed !== 'prepareImage') return
      reached.resolve()
      await go.promise
    },
  })
  const service = await aService(t, host)
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const put = await service.ask('PUT', id, vmBody(nic))
  await reached.promise
  const operation = /operations\/([^?]+)/.exec(String(put.headers['azure-asyncoperation']))![1]
  const own = `${service.subscription}/providers/TrustedLaunch/operations`
  assert.equal((await service.ask('POST', `${own}/${operation}/cancel`)).status, 202)
  go.resolve()
  assert.equal((await service.over(put)).status, 'Canceled')
  assert.equal((await service.ask('GET', id)).status, 404)
  assert.deepEqual(await host.machines(), [])
  const again = await service.ask('PUT', id, vmBody(nic))
  assert.equal((await service.over(again)).status, 'Succeeded')
  await service.over(await service.ask('POST', `${id}/deallocate`))
  const { body } = await service.ask('GET', own)
  const off = body.value.find(({ kind }: any) => kind === 'vm.deallocate')
  const refused = await service.ask('POST', `${own}/${off.name}/cancel`)
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'OperationNotAllowed'])
})

test('a reimage that is cancelled while its image is made leaves the VM running, with the disk that it has', async (t) => {
  let isHeld = false
  const deeds: string[] = []
  const reached = Promise.withResolvers<void>()
  const host = new ScriptedHost({
    before: (deed, _, signal) => {
      if (!isHeld) return undefined
      deeds.push(deed)
      if (deed !== 'prepareImage') return undefined
      reached.resolve()
      return new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason))
      })
    },
  })
  const service = await aService(t, host)
  const { id } = await aVm(service)
  isHeld = true
  const asked = await service.ask('POST', `${id}/reimage`)
  await reached.promise
  const operation = /operations\/([^?]+)/.exec(String(asked.headers['azure-asyncoperation']))![1]
  const own = `${service.subscription}/providers/TrustedLaunch/operations`
  assert.equal((await service.ask('POST', `${own}/${operation}/cancel`)).status, 202)
  assert.equal((await service.over(asked)).status, 'Canceled')
  assert.deepEqual(deeds, ['prepareImage'])
  const { body } = await service.ask('GET', `${id}?$expand=instanceView`)
  assert.equal(body.properties.provisioningState, 'Succeeded')
  assert.match(JSON.stringify(body.properties.instanceView.statuses), /PowerState\/running/)
  isHeld = false
  const again = await service.over(await service.ask('POST', `${id}/reimage`))
  assert.equal(again.status, 'Succeeded')
})

test('the fetch of an image or a disk, or the building of one, that is cancelled ends within seconds, and leaves nothing', async (t) => {
  let builds = 0
  const host = new ScriptedHost({
    before: (deed, _, signal) => {
      if (!['takeImage', 'fillDisk', 'prepareImage'].includes(deed)) return
      if (deed === 'prepareImage') builds++
      return new Promise((_, reject) => {
        if (signal!.aborted) reject(signal!.reason)
        signal!.addEventListener('abort', () => reject(signal!.reason))
      })
    },
  })
  const service = await aService(t, host)
  const nic = await aNetwork(service, 'rg')
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/fetched`
  const creationData = { createOption: 'Import', sourceUri: 'upload:one' }
  const bodies = [
    [imageId(service, 'mine'), imageBody('upload:one')],
    [disk, { location: 'local', properties: { creationData } }],
    [vm, vmBody(nic)],
  ] as const
  for (const [id, body] of bodies) {
    const put = await service.ask('PUT', id, body)
    const operation = /operations\/([^?]+)/.exec(String(put.headers['azure-asyncoperation']))![1]
    const cancel = `${service.subscription}/providers/TrustedLaunch/operations/${operation}/cancel`
    assert.equal((await service.ask('POST', cancel)).status, 202)
    assert.equal((await service.over(put)).status, 'Canceled')
    assert.equal((await service.ask('GET', id)).status, 404)
    assert.equal((await service.ask('POST', cancel)).status, 409)
  }
  assert.equal((await service.ask('PUT', vm, vmBody(nic))).status, 201)
  while (builds < 2) await sleep(10)
  await service.service.close()
})

test('hibernation and managed images are refused in the words for the kind of VM', async (t) => {
  const service = await aService(t)
  const asleep = await aVm(service, 'asleep', {
    additionalCapabilities: { hibernationEnabled: true },
  })
  assert.match(
    asleep.put.body.error.message,
    /^Hibernation is not supported for Linux.*TrustedLaunch/,
  )
  const { id } = await aVm(service, 'plain', { securityProfile: { securityType: 'Standard' } })
  const sleep = await service.ask('POST', `${id}/deallocate?hibernate=true`)
  assert.equal(sleep.body.error.message, 'Hibernation is not offered by this host.')
  const capture = await service.ask('POST', `${id}/capture`)
  assert.match(capture.body.error.message, /^Managed images are not made here/)
})
