import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const NOTICED_MS = 5_000

async function statusesOf(service: TestService, id: string): Promise<any[]> {
  return (await service.ask('GET', `${id}/instanceView`)).body.statuses
}

async function powerOf(service: TestService, id: string): Promise<string> {
  const found = (await statusesOf(service, id)).find(({ code }) => code.startsWith('PowerState/'))
  return found.code
}

async function healthOf(service: TestService, id: string): Promise<any> {
  const path = `${id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current`
  return (await service.ask('GET', path)).body.properties
}

async function until(what: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + NOTICED_MS
  while (!(await what())) {
    assert.ok(performance.now() < end, 'it was not noticed')
    await sleep(20)
  }
}

/** A VM that runs, and the name of its machine. */
async function aRunningVm(service: TestService) {
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded')
  const [machine] = await service.host.machines()
  return { id, machine: machine! }
}

test('a VM whose guest powered off is stopped, seconds later, and stays so', async (t) => {
  const service = await aService(t)
  const { id, machine } = await aRunningVm(service)
  service.host.end(machine, 'exited')
  await until(async () => (await powerOf(service, id)) === 'PowerState/stopped')
  const { availabilityState, reasonType } = await healthOf(service, id)
  assert.deepEqual([availabilityState, reasonType], ['Unavailable', 'UserInitiated'])
  await sleep(1_500)
  assert.equal(await service.host.power(machine), 'exited')
})

test('a VM that crashed is told as crashed and started again; a second crash soon after leaves it stopped', async (t) => {
  const gate = Promise.withResolvers<void>()
  let starts = 0
  const before = async (deed: string) => {
    if (deed === 'start' && ++starts === 2) await gate.promise
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const { id, machine } = await aRunningVm(service)
  service.host.end(machine, 'crashed')
  await until(async () => (await healthOf(service, id)).reasonType === 'Unplanned' || starts > 1)
  gate.resolve()
  await until(async () => (await powerOf(service, id)) === 'PowerState/running')
  assert.equal((await healthOf(service, id)).availabilityState, 'Available')
  service.host.end(machine, 'crashed')
  await until(async () => (await powerOf(service, id)) === 'PowerState/stopped')
  const { title, summary } = await healthOf(service, id)
  assert.equal(title, 'VMCrashed')
  assert.match(summary, /twice in ten minutes/)
  assert.match(JSON.stringify(await statusesOf(service, id)), /twice in ten minutes/)
  await sleep(1_500)
  assert.equal(starts, 2)
  await service.over(await service.ask('POST', `${id}/start`))
  assert.equal((await healthOf(service, id)).availabilityState, 'Available')
})

const alertsOf = async (service: TestService): Promise<string[]> => {
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const { body } = await service.ask('GET', path)
  return body.value.map(({ properties }: any) => {
    const { alertType, severity, status } = properties
    return [alertType, severity, status].join(' ')
  })
}

test('a VM whose vTPM went away is told as stopped, alerted, and not started by itself; a start ends it whole first', async (t) => {
  const deeds: string[] = []
  const host = new ScriptedHost({ before: (deed) => void deeds.push(deed) })
  const service = await aService(t, host)
  const { id, machine } = await aRunningVm(service)
  deeds.length = 0
  host.end(machine, 'vtpm-lost')
  await until(async () => (await powerOf(service, id)) === 'PowerState/stopped')
  const { title, summary } = await healthOf(service, id)
  assert.equal(title, 'VtpmLost')
  assert.match(summary, /went away while it ran/)
  assert.deepEqual(await alertsOf(service), ['VM_VtpmLost Medium Active'])
  host.tell(machine, 'ended')
  await sleep(1_500)
  assert.deepEqual(deeds, [], 'nobody starts it, or ends it')
  await service.over(await service.ask('POST', `${id}/start`))
  assert.deepEqual(
    deeds.filter((deed) => ['stop', 'start', 'restart'].includes(deed)),
    ['stop', 'start'],
  )
  assert.equal(await powerOf(service, id), 'PowerState/running')
  assert.deepEqual(await alertsOf(service), ['VM_VtpmLost Medium Active'], 'somebody closes it')
})

test('a plan may have a VM stopped whose vTPM went away', async (t) => {
  const service = await aService(t)
  const { id, machine } = await aRunningVm(service)
  const failures = { VM_VtpmLost: { severity: 'high', response: 'stop' } }
  const plan = { version: 1, name: 'strict', failures }
  const at = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal((await service.ask('PUT', at, { properties: { document: plan } })).status, 201)
  service.host.end(machine, 'vtpm-lost')
  await until(async () => (await service.host.power(machine)) === 'stopped')
  assert.deepEqual(await alertsOf(service), ['VM_VtpmLost High Active'])
})

test('a VM that was told to stop and crashed meanwhile is not started again', async (t) => {
  const before = async (deed: string, id: string): Promise<void> => {
    if (deed !== 'stop') return
    host.end(id, 'crashed')
    await sleep(300)
  }
  const host: ScriptedHost = new ScriptedHost({ before })
  const service = await aService(t, host)
  const { id } = await aRunningVm(service)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  await sleep(2_500)
  assert.equal(await powerOf(service, id), 'PowerState/deallocated')
})

test('a VM that crashes while something else is done with it is looked at after that', async (t) => {
  const before = async (deed: string, id: string): Promise<void> => {
    if (deed !== 'putDataDisks' || host.plan(id) === undefined || !isArmed) return
    isArmed = false
    host.end(id, 'crashed')
    await sleep(300)
  }
  let isArmed = false
  const host: ScriptedHost = new ScriptedHost({ before })
  const service = await aService(t, host)
  const { id, machine } = await aRunningVm(service)
  isArmed = true
  await service.over(await service.ask('POST', `${id}/reapply`))
  await until(async () => (await host.power(machine)) === 'running')
  await until(async () => (await powerOf(service, id)) === 'PowerState/running')
})

test('a VM that runs and cannot be asked any more is told as unknown', async (t) => {
  const service = await aService(t)
  const { id, machine } = await aRunningVm(service)
  service.host.end(machine, 'unreachable')
  await until(async () => (await powerOf(service, id)) === 'PowerState/unknown')
  assert.equal((await healthOf(service, id)).availabilityState, 'Unavailable')
})
