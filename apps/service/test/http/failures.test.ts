import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm, IMAGE } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

/** A host on which a deed fails from when it is told to. */
function failing() {
  const fails = new Set<string>()
  const host = new ScriptedHost({
    before: (deed) => {
      if (fails.has(deed)) throw new Error(`${deed} does not work`)
    },
  })
  return { fails, host }
}

test('what fails is shown as failed, its power as the host has it, and it can be tried again', async (t) => {
  const { fails, host } = failing()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const powerOf = async () => {
    const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
    return statuses.find(({ code }: any) => code.startsWith('PowerState/')).code
  }
  const stateOf = async (path: string) =>
    (await service.ask('GET', path)).body.properties.provisioningState
  for (const [deed, verb, power] of [
    ['stop', 'deallocate', 'PowerState/running'],
    ['stop', 'powerOff', 'PowerState/running'],
    ['start', 'restart', 'PowerState/stopped'],
  ] as const) {
    fails.add(deed)
    assert.equal((await service.over(await service.ask('POST', `${id}/${verb}`))).status, 'Failed')
    assert.deepEqual([await stateOf(id), await powerOf()], ['Failed', power], verb)
    fails.clear()
  }
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
  assert.deepEqual([await stateOf(id), await powerOf()], ['Succeeded', 'PowerState/running'])
  fails.add('delete')
  assert.equal((await service.over(await service.ask('DELETE', id))).status, 'Failed')
  assert.equal(await stateOf(id), 'Failed')
  assert.equal(
    (await service.over(await service.ask('DELETE', service.group('rg')))).status,
    'Failed',
  )
  assert.equal(await stateOf(service.group('rg')), 'Failed')
  assert.equal((await service.ask('GET', id)).status, 200)
  fails.clear()
  const gone = await service.over(await service.ask('DELETE', service.group('rg')))
  assert.equal(gone.status, 'Succeeded', JSON.stringify(gone))
})

test('a creation that the host has no room for is failed, not for ever under way', async (t) => {
  const service = await aService(t, new ScriptedHost({ capacity: { freeMemoryMiB: 1 } }))
  const { id, end } = await aVm(service)
  assert.deepEqual([end.status, end.error.code], ['Failed', 'AllocationFailed'])
  const { body } = await service.ask('GET', `${id}?$expand=instanceView`)
  assert.equal(body.properties.provisioningState, 'Failed')
  assert.match(JSON.stringify(body.properties.instanceView.statuses), /PowerState\/stopped/)
})

test('a creation that fails takes the disks it made with it, and leaves those that were there', async (t) => {
  const { fails, host } = failing()
  const service = await aService(t, host)
  fails.add('create')
  const there = `${service.group('rg')}/providers/Microsoft.Compute/disks/there`
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  await service.ask('PUT', there, {
    location: 'local',
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 1 },
  })
  const dataDisks = [
    { lun: 0, createOption: 'Empty', diskSizeGB: 1, name: 'new' },
    { lun: 1, createOption: 'Attach', managedDisk: { id: there }, deleteOption: 'Delete' },
  ]
  const osDisk = { createOption: 'FromImage' }
  const { end } = await aVm(service, 'web', {
    storageProfile: { imageReference: IMAGE, osDisk, dataDisks },
  })
  assert.equal(end.status, 'Failed')
  const { body } = await service.ask(
    'GET',
    `${service.group('rg')}/providers/Microsoft.Compute/disks`,
  )
  assert.deepEqual(
    body.value.map(({ name, properties }: any) => [name, properties.diskState]),
    [['there', 'Unattached']],
  )
})

test('a deletion asked for twice takes nothing that is made under the name after it', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const answers = [await service.ask('DELETE', id), await service.ask('DELETE', id)]
  assert.equal((await service.over(answers[0]!)).status, 'Succeeded')
  const again = await aVm(service)
  if (answers[1]!.status === 202) await service.over(answers[1]!)
  assert.equal(again.end?.status, 'Succeeded', JSON.stringify(again.put.body))
  assert.equal((await service.ask('GET', id)).status, 200)
})

const larger = { properties: { hardwareProfile: { vmSize: 'Standard_B2s' } } }

/** What is told to be asked for and not so; null: nothing is. */
async function notApplied(service: TestService, id: string): Promise<string | null> {
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  return statuses.find(({ code }: any) => code === 'TrustedLaunch/NotApplied')?.message ?? null
}

test('a change that failed and left the VM running is told as not done, also after a start, until it is done', async (t) => {
  const { fails, host } = failing()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const [machine] = await host.machines()
  fails.add('stop')
  assert.equal((await service.over(await service.ask('PATCH', id, larger))).status, 'Failed')
  fails.clear()
  assert.match((await notApplied(service, id))!, /hardwareProfile\.vmSize/)
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
  assert.equal(host.plan(machine!)!.vcpus, 1)
  assert.match((await notApplied(service, id))!, /hardwareProfile\.vmSize/)
  const again = await service.ask('PATCH', id, larger)
  assert.equal((await service.over(again)).status, 'Succeeded')
  assert.equal(host.plan(machine!)!.vcpus, 2)
  assert.equal(await notApplied(service, id), null)
})

test('what failed to be changed of a VM is done when it is started next', async (t) => {
  const { fails, host } = failing()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const [machine] = await host.machines()
  fails.add('change')
  assert.equal((await service.over(await service.ask('PATCH', id, larger))).status, 'Failed')
  fails.clear()
  assert.match((await notApplied(service, id))!, /hardwareProfile\.vmSize/)
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
  assert.equal(host.plan(machine!)!.vcpus, 2)
  assert.equal(await notApplied(service, id), null)
})

test('disks that came alone leave what else failed as it is told', async (t) => {
  const { fails, host } = failing()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const disk = `${service.group('rg')}/providers/Microsoft.Compute/disks/one`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 1 }
  await service.ask('PUT', disk, { location: 'local', properties })
  fails.add('stop')
  await service.over(await service.ask('PATCH', id, larger))
  fails.clear()
  const attached = await service.ask('POST', `${id}/attachDetachDataDisks`, {
    dataDisksToAttach: [{ diskId: disk }],
  })
  assert.equal((await service.over(attached)).status, 'Succeeded')
  assert.match((await notApplied(service, id))!, /host: hardwareProfile\.vmSize\./)
})

test('a port for SSH that somebody has by now is chosen anew at the start, and the one that holds is shown', async (t) => {
  let taken = 0
  const host = new ScriptedHost({
    sshPort: (_, kept) => (kept === null || kept === taken ? taken + 10_001 : kept),
  })
  const service = await aService(t, host)
  const { id } = await aVm(service, 'web', {
    storageProfile: {
      imageReference: { ...IMAGE, offer: 'debian-12' },
      osDisk: { createOption: 'FromImage' },
    },
  })
  const [machine] = await host.machines()
  const shown = async () => {
    const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
    return statuses.find(({ code }: any) => code === 'TrustedLaunch/Ssh').message
  }
  const forwarded = () => host.plan(machine!)!.network!.sshPort
  assert.deepEqual([await shown(), forwarded()], ['127.0.0.1:10001', 10_001])
  taken = 10_001
  for (const verb of ['deallocate', 'start'])
    assert.equal(
      (await service.over(await service.ask('POST', `${id}/${verb}`))).status,
      'Succeeded',
    )
  assert.deepEqual([await shown(), forwarded()], ['127.0.0.1:20002', 20_002])
})

test('a creation that fails takes a disk that was made with it, though that was given a tag meanwhile, its file before its row', async (t) => {
  const gate = Promise.withResolvers<void>()
  const seen: number[] = []
  let service: TestService | null = null
  const disk = () => `${service!.group('rg')}/providers/Microsoft.Compute/disks/new`
  const host = new ScriptedHost({
    before: async (deed, id) => {
      if (deed === 'deleteDisk' && id === disk())
        seen.push((await service!.ask('GET', disk())).status)
      if (deed !== 'create') return
      await gate.promise
      throw new Error('create does not work')
    },
  })
  service = await aService(t, host)
  const made = aVm(service, 'web', {
    storageProfile: {
      imageReference: IMAGE,
      osDisk: { createOption: 'FromImage' },
      dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 1, name: 'new' }],
    },
  })
  while ((await service.ask('PATCH', disk(), { tags: { a: 'b' } })).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 20))
  gate.resolve()
  assert.equal((await made).end.status, 'Failed')
  assert.deepEqual([seen, (await service.ask('GET', disk())).status], [[200], 404])
})

test('where SSH gets in is told of VMs that may answer there: the small guests have no sshd', async (t) => {
  const service = await aService(t, new ScriptedHost({ sshPort: () => 10_001 }))
  const { id } = await aVm(service)
  const { statuses } = (await service.ask('GET', `${id}/instanceView`)).body
  assert.deepEqual(
    statuses.filter(({ code }: any) => code === 'TrustedLaunch/Ssh'),
    [],
  )
})
