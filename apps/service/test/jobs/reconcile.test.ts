import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import type { MachinePlan, MachinePower } from '../../src/domain/host/machines.ts'
import { openService, type Service } from '../../src/service.ts'
import { restoreStore } from '../../src/store/backup.ts'
import { openStore } from '../../src/store/open.ts'
import { TestService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

type Machines = Map<string, { plan: MachinePlan; power: MachinePower }>
type Before = (deed: string, id: string) => Promise<void> | void

/** One host and one data folder; services on them one after the other. */
function anInstallation(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'tl-reconcile-'))
  const machines: Machines = new Map()
  let open: Service | null = null
  t.after(async () => {
    await open?.close()
    rmSync(data, { recursive: true, force: true })
  })
  const next = async (before: Before = () => {}): Promise<TestService> => {
    await open?.close()
    const host = new ScriptedHost({ before }, machines)
    open = await openService({
      ...{ data, publicNames: [], location: 'local', driver: host },
      listen: { host: '127.0.0.1', port: 0 },
      log: pino({ level: 'silent' }),
    })
    const { caFile } = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))
    return new TestService(open, host, readFileSync(caFile, 'utf8'), data)
  }
  const only = () => [...machines.entries()][0]!
  const stopped = () => machines.set(only()[0], { ...only()[1], power: 'stopped' })
  const close = async () => {
    await open?.close()
    open = null
  }
  return { next, machines, only, stopped, close }
}

async function powerOf(service: TestService, id: string): Promise<string> {
  const { body } = await service.ask('GET', `${id}/instanceView`)
  return body.statuses.find(({ code }: any) => code.startsWith('PowerState/')).code
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await what())) {
    assert.ok(performance.now() < end, 'it never came')
    await sleep(20)
  }
}

test('a VM that should run and was stopped with its host is started again', async (t) => {
  const { next, only, stopped } = anInstallation(t)
  const first = await next()
  assert.equal(first.service.startedAgain, 0)
  const { id } = await aVm(first)
  stopped()
  const service = await next()
  assert.equal(service.service.startedAgain, 1)
  await until(() => only()[1].power === 'running')
  await until(async () => (await powerOf(service, id)) === 'PowerState/running')
})

test('a VM that came to stand still without its vTPM while no service was there is told of once, and not started', async (t) => {
  const { next, only, machines, close } = anInstallation(t)
  const { id } = await aVm(await next())
  await close()
  machines.set(only()[0], { ...only()[1], power: 'vtpm-lost' })
  let service = await next()
  for (const _ of ['told', 'known']) {
    assert.equal(service.service.startedAgain, 0)
    assert.equal(await powerOf(service, id), 'PowerState/stopped')
    const at = `${service.subscription}/providers/Microsoft.Security/alerts`
    const [alert] = (await service.ask('GET', at)).body.value
    const { alertType, extendedProperties } = alert.properties
    assert.deepEqual([alertType, extendedProperties.count], ['VM_VtpmLost', '1'])
    service = await next()
  }
})

test('a start that nobody asked for is in the audit, with its operation', async (t) => {
  const { next, stopped } = anInstallation(t)
  const { id } = await aVm(await next())
  stopped()
  const { data } = await next()
  const store = await openStore({ path: join(data, 'service.db') })
  t.after(() => store.close())
  const own = (await store.audit.list({ limit: 1000 })).filter((one) => one.principal === 'service')
  assert.deepEqual(
    own.map(({ action, resourceId, status }) => [action, resourceId.toLowerCase(), status]),
    [['Microsoft.Compute/virtualMachines/start/action', id.toLowerCase(), 202]],
  )
  const operation = await store.operations.get(own[0]!.operationId!)
  assert.equal(operation?.kind, 'vm.start')
})

test('a VM that was stopped stays stopped, whatever the service does', async (t) => {
  const { next, only } = anInstallation(t)
  const first = await next()
  const { id } = await aVm(first)
  await first.over(await first.ask('POST', `${id}/powerOff`))
  const service = await next()
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/TrustedLaunch/operations?unfinished=true`,
  )
  assert.deepEqual(body.value, [])
  assert.equal(only()[1].power, 'stopped')
  assert.equal(await powerOf(service, id), 'PowerState/stopped')
})

test('a machine that no record knows is removed; one that is not ours stays', async (t) => {
  const { next, machines, only } = anInstallation(t)
  await aVm(await next())
  machines.set('vm-nobody', only()[1])
  machines.set('web-of-somebody', only()[1])
  await next()
  const kept = [...machines.keys()].filter((name) => !/^vm-[0-9a-f-]{36}$/.test(name))
  assert.deepEqual(kept, ['web-of-somebody'])
  assert.equal(machines.size, 2)
})

test('what a restored database does not know is kept and counted, until somebody has it forgotten', async (t) => {
  const { next, machines, close } = anInstallation(t)
  const first = await next()
  const file = join(first.data, 'backup')
  const store = await openStore({ path: join(first.data, 'service.db') })
  await store.backup(file)
  await store.close()
  await aVm(first)
  await close()
  for (const end of ['', '-wal', '-shm'])
    rmSync(join(first.data, `service.db${end}`), { force: true })
  await restoreStore(file, { path: join(first.data, 'service.db') })
  const path = '/providers/TrustedLaunch/hosts/local'
  const told = async (service: TestService) => {
    const { restored, unknownMachines } = (await service.ask('GET', path)).body.properties
    return { restored, unknownMachines, power: [...machines.values()].map(({ power }) => power) }
  }
  const kept = { restored: true, unknownMachines: 1, power: ['running'] }
  assert.deepEqual(await told(await next()), kept)
  const service = await next()
  assert.deepEqual(await told(service), kept)
  assert.equal((await service.ask('POST', `${path}/forget`)).status, 200)
  assert.deepEqual(await told(await next()), { restored: false, unknownMachines: 0, power: [] })
})

test('one machine that cannot be removed does not keep a VM from being started', async (t) => {
  const { next, machines, only, stopped } = anInstallation(t)
  await aVm(await next())
  stopped()
  const [own] = only()
  machines.set('vm-stuck', only()[1])
  await next((deed) => {
    if (deed === 'delete') throw new Error('it is stuck')
  })
  await until(() => machines.get(own)!.power === 'running')
})

test('a VM whose operation fails is told as failed, with the power that its host gives it', async (t) => {
  const { next } = anInstallation(t)
  let isBroken = false
  const service = await next((deed) => {
    if (isBroken && deed === 'start') throw new Error('no')
  })
  const { id } = await aVm(service)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  isBroken = true
  const end = await service.over(await service.ask('POST', `${id}/start`))
  assert.equal(end.status, 'Failed')
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Failed')
  assert.equal(await powerOf(service, id), 'PowerState/stopped')
  isBroken = false
  assert.equal((await service.over(await service.ask('POST', `${id}/start`))).status, 'Succeeded')
})

test('what waited behind a creation that failed does nothing to the next VM of that name', async (t) => {
  const { next, only } = anInstallation(t)
  const gate = Promise.withResolvers<void>()
  let isFirst = true
  const service = await next(async (deed) => {
    if (deed !== 'create' || !isFirst) return
    await gate.promise
    isFirst = false
    throw new Error('no room')
  })
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const made = await service.ask('PUT', id, vmBody(nic))
  const off = await service.ask('POST', `${id}/powerOff`)
  gate.resolve()
  assert.equal((await service.over(made)).status, 'Failed')
  const again = await service.ask('PUT', id, vmBody(nic))
  assert.equal(again.status, 201)
  assert.equal((await service.over(off)).status, 'Failed')
  assert.equal((await service.over(again)).status, 'Succeeded')
  assert.equal(only()[1].power, 'running')
})

test('a group goes after what its VMs were told before is over', async (t) => {
  const { next, machines } = anInstallation(t)
  const service = await next(() => sleep(60))
  const nic = await aNetwork(service, 'rg')
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web`
  const made = await service.ask('PUT', id, vmBody(nic))
  const gone = await service.ask('DELETE', service.group('rg'))
  assert.equal((await service.over(gone)).status, 'Succeeded')
  assert.equal((await service.over(made)).status, 'Succeeded')
  assert.deepEqual([...machines.keys()], [])
})

test('a VM that is to go is told as going, whatever was still done to it before', async (t) => {
  const { next } = anInstallation(t)
  const gate = Promise.withResolvers<void>()
  const service = await next(async (deed) => {
    await (deed === 'delete' ? gate.promise : sleep(60))
  })
  const { id } = await aVm(service)
  const started = await service.ask('POST', `${id}/start`)
  const gone = await service.ask('DELETE', id)
  assert.equal((await service.over(started)).status, 'Succeeded')
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Deleting')
  gate.resolve()
  assert.equal((await service.over(gone)).status, 'Succeeded')
})

test('a VM that is put again without naming its disk keeps it', async (t) => {
  const { next } = anInstallation(t)
  const service = await next()
  const { id } = await aVm(service)
  const { body } = await service.ask('GET', id)
  const { networkProfile, storageProfile } = body.properties
  const again = await service.ask('PUT', id, vmBody(networkProfile.networkInterfaces[0].id))
  assert.deepEqual(again.body.properties.storageProfile.osDisk, storageProfile.osDisk)
})
