import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KeptHost } from './a-kept-host.ts'
import { ServiceProcess } from './a-process.ts'
import { type Answer, aService, type TestService } from './a-service.ts'
import { aVm } from './a-vm.ts'

/** Services on one host, one after the other, the first ones killed; begun by one that is closed in good order. */
async function anInstallation(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-restore-killed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [data, host] = [join(folder, 'data'), join(folder, 'host')]
  const service = await aService(t, new KeptHost(host), { data })
  const at = (type: string, name: string) =>
    `${service.group('rg')}/providers/Microsoft.Compute/${type}/${name}`
  const { id: vm } = await aVm(service)
  const collection = at('restorePointCollections', 'of-web')
  await service.ask('PUT', collection, {
    location: 'local',
    properties: { source: { id: vm } },
  })
  const point = `${collection}/restorePoints/one`
  /** Asks, and is killed in the middle of what follows, at each of these in turn. */
  const killed = async (
    ends: readonly [string, ...string[]],
    ask: (client: TestService) => Promise<Answer>,
  ) => {
    const [first, ...others] = ends
    const process = await ServiceProcess.run(t, 'kept-process.ts', data, host, first)
    await ask(process.client()).catch(() => {})
    await process.ended()
    for (const end of others) {
      const program = join(import.meta.dirname, 'kept-process.ts')
      const child = spawn(globalThis.process.execPath, [program, data, host, end], {
        stdio: 'ignore',
      })
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'], end)
    }
  }
  /** The one that goes on to the end; how what is there then is. */
  const next = async () => {
    const kept = new KeptHost(host)
    const last = await aService(t, kept, { data })
    const settled = async (id: string) => {
      for (;;) {
        const { status, body } = await last.ask('GET', id)
        const state = body.properties?.provisioningState ?? status
        if (!['Creating', 'Updating'].includes(state)) return state
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    return { last, kept, settled }
  }
  return { service, at, vm, point, killed, next }
}

test('a restore point that is being taken is taken whole after kill -9, once, wherever that came', async (t) => {
  const { service, point, killed, next } = await anInstallation(t)
  await service.service.close()
  await killed(['before takeRestorePoint', 'after takeRestorePoint'], (client) =>
    client.ask('PUT', point, { properties: {} }),
  )
  const { last, kept, settled } = await next()
  assert.equal(await settled(point), 'Succeeded')
  assert.equal(kept.points.size, 1)
  assert.equal((await last.over(await last.ask('DELETE', point))).status, 'Succeeded')
  assert.equal(kept.points.size, 0)
})

test('a VM that is being put back is put back after kill -9, wherever that came, and starts again', async (t) => {
  const { service, vm, point, killed, next } = await anInstallation(t)
  await service.over(await service.ask('PUT', point, { properties: {} }))
  await service.over(await service.ask('POST', `${vm}/deallocate`))
  await service.service.close()
  await killed(['before restore', 'after restore'], (client) =>
    client.ask('POST', `${vm}/restore`, { restorePoint: { id: point } }),
  )
  const { last, kept, settled } = await next()
  assert.equal(await settled(vm), 'Succeeded')
  assert.deepEqual(
    kept.restored.map(({ luns }) => luns),
    [[]],
  )
  assert.equal((await last.over(await last.ask('POST', `${vm}/start`))).status, 'Succeeded')
})

test('a clone is one VM with one disk after kill -9, wherever that came; its original is as it was', async (t) => {
  const { service, at, vm, point, killed, next } = await anInstallation(t)
  await service.over(await service.ask('PUT', point, { properties: {} }))
  const [{ id: sourceResourceId }] = (await service.ask('GET', `${point}/diskRestorePoints`)).body
    .value
  const { body: original } = await service.ask('GET', vm)
  await service.service.close()
  const [disk, clone] = [at('disks', 'clone-os'), at('virtualMachines', 'clone')]
  await killed(['after fillDisk'], (client) =>
    client.ask('PUT', disk, {
      location: 'local',
      properties: { creationData: { createOption: 'Restore', sourceResourceId } },
    }),
  )
  const between = await next()
  assert.equal(await between.settled(disk), 'Succeeded')
  assert.deepEqual(
    [...between.kept.filled.values()].map(({ source }) => source.kind),
    ['restorePoint'],
  )
  await between.last.service.close()
  const ends = ['after create', 'after start'] as const
  await killed([...ends], async (client) => {
    const storageProfile = {
      osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id: disk } },
    }
    const trustedLaunch = { vTpmOf: { restorePoint: { id: point }, force: true } }
    const { put } = await aVm(client, 'clone', {
      ...{ storageProfile, osProfile: undefined, trustedLaunch },
    })
    return put
  })
  const { last, kept, settled } = await next()
  assert.equal(await settled(clone), 'Succeeded')
  assert.equal((await kept.machines()).length, 2)
  const { body } = await last.ask('GET', vm)
  assert.deepEqual(body.properties, original.properties)
  const disks = (await last.ask('GET', at('disks', '').replace(/\/$/, ''))).body.value
  assert.deepEqual(
    disks.filter(({ properties }: any) => properties.diskState !== 'Attached'),
    [],
  )
})
