import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { Monitor } from '../../src/jobs/monitor.ts'
import { TurnHolder } from '../../src/jobs/turn-holder.ts'
import { openStore } from '../../src/store/open.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'
import { aScaleSet } from '../http/a-scale-set.ts'
import { SUBSCRIPTION, vm } from '../store/samples.ts'

const NOTICED_MS = 30_000
const MINUTE_MS = 60_000
/** Of the plan: as often as a client's token lives long enough to look. */
const INTERVAL_MS = 10 * MINUTE_MS
const PLAN = { version: 1, name: 'short', intervalSeconds: 600, silenceSeconds: 120 }

/** A clock that can be put forward. */
class Clock {
  #aheadMs = 0
  readonly now = () => Date.now() + this.#aheadMs

  forward(ms: number): void {
    this.#aheadMs += ms
  }
}

async function until(what: () => Promise<boolean>, told = 'it was not noticed'): Promise<void> {
  const end = performance.now() + NOTICED_MS
  while (!(await what())) {
    assert.ok(performance.now() < end, told)
    await sleep(20)
  }
}

/** A VM that proved its boot, on a host that tells what it sees. */
async function aProvedVm(t: TestContext, data?: string) {
  const host = new AttestingHost()
  const clock = new Clock()
  const kept = data === undefined ? {} : { data }
  const service = await aService(t, host, { now: clock.now, ...kept })
  const path = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  const put = await service.ask('PUT', path, { properties: { document: PLAN } })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded')
  const [machine] = await host.machines()
  return { clock, service, host, id, machine: machine! }
}

async function verdictsOf(service: TestService, id: string): Promise<any[]> {
  const { status, body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
  assert.equal(status, 200, JSON.stringify(body))
  return body.value.map(({ properties }: any) => properties)
}

async function alertsOf(service: TestService): Promise<string[]> {
  const { body } = await service.ask(
    'GET',
    `${service.subscription}/providers/Microsoft.Security/alerts`,
  )
  return body.value.map(({ properties }: any) => `${properties.alertType} ${properties.status}`)
}

test('a VM that proved its boot is asked again within its interval, and every interval, by nobody', async (t) => {
  const { clock, service, id } = await aProvedVm(t)
  await sleep(1_500)
  assert.equal((await verdictsOf(service, id)).length, 1)
  for (const count of [2, 3]) {
    clock.forward(INTERVAL_MS)
    await until(async () => (await verdictsOf(service, id)).length === count)
  }
  const times = (await verdictsOf(service, id)).map(({ time }) => Date.parse(time))
  const path = `${id}/providers/TrustedLaunch/evidence`
  const { isMonitored, nextDue, lastAnswered } = (await service.ask('GET', path)).body.monitoring
  assert.equal(isMonitored, true)
  const inMs = Date.parse(nextDue) - Date.parse(lastAnswered)
  assert.ok(inMs > 0.89 * INTERVAL_MS && inMs <= INTERVAL_MS, `${inMs}`)
  for (const [i, time] of times.slice(1).entries())
    assert.ok(times[i]! - time <= 1.02 * INTERVAL_MS, 'never later than an interval')
  assert.deepEqual(await alertsOf(service), [])
})

test('a guest that starts anew by itself is asked as soon as its agent opens its port', async (t) => {
  const { service, host, id, machine } = await aProvedVm(t)
  host.tell(machine, 'agent')
  await sleep(1_000)
  assert.equal((await verdictsOf(service, id)).length, 1, 'it proved this boot already')
  host.tell(machine, 'reset')
  await sleep(1_000)
  assert.equal((await verdictsOf(service, id)).length, 1, 'its agent is not there yet')
  host.tell(machine, 'agent')
  await until(async () => (await verdictsOf(service, id)).length === 2)
  host.tell(machine, 'agent')
  await sleep(1_000)
  assert.equal((await verdictsOf(service, id)).length, 2)
})

test('a VM that is reset and does not answer by its deadline is silent, until it answers', async (t) => {
  const { clock, service, host, id, machine } = await aProvedVm(t)
  host.failure = new Error('nobody is there')
  host.tell(machine, 'reset')
  clock.forward(MINUTE_MS)
  await sleep(2_500)
  assert.deepEqual(await alertsOf(service), [], 'two minutes are allowed')
  clock.forward(2 * MINUTE_MS)
  const silent = 'VM_AttestationSilent'
  await until(async () => (await alertsOf(service)).join() === `${silent} Active`)
  const codes = async () =>
    (await service.ask('GET', `${id}/instanceView`)).body.statuses.map(({ code }: any) => code)
  assert.ok((await codes()).includes('TrustedLaunch/Silent'))
  const { monitoring } = (await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)).body
  assert.ok(monitoring.unanswered > 0 && monitoring.silentSince === monitoring.awaitedSince)
  host.failure = null
  clock.forward(6 * MINUTE_MS)
  await until(async () => (await alertsOf(service)).join() === `${silent} Resolved`)
  assert.equal((await verdictsOf(service, id))[0].tier, 'affirming')
  assert.ok(!(await codes()).includes('TrustedLaunch/Silent'))
})

test('an agent that was killed is silent, without a reset', async (t) => {
  const { clock, service, host } = await aProvedVm(t)
  host.failure = new Error('nobody is there')
  clock.forward(INTERVAL_MS + MINUTE_MS)
  await sleep(2_500)
  assert.deepEqual(await alertsOf(service), [])
  clock.forward(2 * MINUTE_MS)
  await until(async () => (await alertsOf(service)).join() === 'VM_AttestationSilent Active')
})

test('a VM that was stopped is not asked, and not silent', async (t) => {
  const { clock, service, id } = await aProvedVm(t)
  await service.over(await service.ask('POST', `${id}/deallocate`))
  clock.forward(3 * INTERVAL_MS)
  await sleep(2_500)
  assert.equal((await verdictsOf(service, id)).length, 1)
  assert.deepEqual(await alertsOf(service), [])
})

test('a service that was away asks the VMs that run within a minute', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tl-away-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const { clock, service, host, id } = await aProvedVm(t, data)
  await service.service.close()
  const again = await aService(t, host, { now: clock.now, data })
  clock.forward(2 * MINUTE_MS)
  await until(async () => (await verdictsOf(again, id)).length === 2)
})

test('a plan that wants VMs asked more often counts from when it is made', async (t) => {
  const { clock, service, id } = await aProvedVm(t)
  const path = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const document = { version: 1, name: 'often', intervalSeconds: 60 }
  assert.equal((await service.ask('PUT', path, { properties: { document } })).status, 201)
  clock.forward(MINUTE_MS)
  await until(async () => (await verdictsOf(service, id)).length === 2)
})

test('what goes wrong on our side is no silence of the guest: an answer that cannot be appraised raises no alert', async (t) => {
  const { clock, service, host } = await aProvedVm(t)
  const facts = await host.facts()
  const anchors = [{ der: Uint8Array.of(0x30) }] as any
  host.facts = async () => ({ ...facts, expectation: { ...facts.expectation, anchors } })
  let asked = 0
  const collect = host.collectEvidence.bind(host)
  host.collectEvidence = async (...of) => {
    asked++
    return collect(...of)
  }
  for (const ms of [INTERVAL_MS, PLAN.silenceSeconds * 1000, INTERVAL_MS]) {
    const before = asked
    clock.forward(ms + MINUTE_MS)
    await until(async () => asked > before, 'it was not asked again')
    await sleep(500)
  }
  assert.deepEqual(await alertsOf(service), [])
})

test('a guest that starts anew without end is asked at once six times in an hour, and then by its deadline', async (t) => {
  const { clock, service, host, id, machine } = await aProvedVm(t)
  const times: number[] = []
  const collect = host.collectEvidence.bind(host)
  host.collectEvidence = async (...of) => {
    times.push(clock.now())
    return collect(...of)
  }
  for (let i = 0; i < 12; i++) {
    clock.forward(2_000)
    host.tell(machine, 'reset')
    host.tell(machine, 'agent')
    const count = i < 6 ? i + 1 : 6
    await until(async () => times.length >= count)
    await sleep(i < 6 ? 100 : 700)
    assert.equal(times.length, count)
  }
  clock.forward(PLAN.silenceSeconds * 1000)
  await until(async () => times.length === 7, 'its deadline counts none the less')
  await until(async () => (await verdictsOf(service, id)).length === 8)
  assert.deepEqual(await alertsOf(service), [])
})

test('a guest that starts anew without end and sends the largest logs fills no database, and pushes out nothing that shows an open alert', async (t) => {
  const { clock, service, host, id, machine } = await aProvedVm(t)
  const collect = host.collectEvidence.bind(host)
  // The most that a guest may send: nothing of it is packed.
  host.collectEvidence = async (...of) => ({
    ...(await collect(...of)),
    imaLog: new Uint8Array(randomBytes(4 << 20)),
  })
  const install = {
    location: 'local',
    properties: {
      publisher: 'Microsoft.Azure.Security.LinuxAttestation',
      ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
    },
  }
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, install))
  const alerts = await alertsOf(service)
  const database = new DatabaseSync(join(service.data, 'service.db'), { readOnly: true })
  t.after(() => database.close())
  const newest = database.prepare('select id from attestations order by at desc')
  const names = () => newest.all().map((row) => String(row.id))
  const kept: (string | undefined)[] = names()
  for (let i = 0; i < 18; i++) {
    clock.forward(11 * MINUTE_MS)
    host.tell(machine, 'reset')
    host.tell(machine, 'agent')
    await until(async () => names()[0] !== kept.at(-1))
    kept.push(names()[0])
  }
  const sum = database.prepare(
    'select (select sum(octet_length(record)) from attestations) + (select sum(octet_length(bytes)) from contents) as bytes',
  )
  const { bytes } = sum.get() as { bytes: number }
  assert.ok(bytes > 48 << 20 && bytes < 76 << 20, `${bytes}`)
  assert.ok(names().length < 18, 'the oldest went')
  assert.deepEqual(alerts, ['VM_GuestAttestationFailure Active'])
  assert.ok(names().includes(kept[0]!), 'what opened the alert stays')
})

test('a guest that started anew by itself and that Secure Boot stopped is told by the component that was refused', async (t) => {
  const { clock, service, host, machine } = await aProvedVm(t)
  host.failure = new Error('nobody is there')
  const about = { code: 'secure-boot-violation', component: 'GRUB', message: 'Access Denied' }
  host.waitForBoot = async () => ({ kind: 'failed', ...about, confirmed: true, lastLine: '' })
  host.tell(machine, 'reset')
  clock.forward(3 * MINUTE_MS)
  const stopped = 'VM_SecureBootStoppedBoot Active'
  await until(async () => (await alertsOf(service)).includes(stopped))
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const causes = (await service.ask('GET', path)).body.value.map(
    ({ properties }: any) => properties.extendedProperties.cause,
  )
  assert.ok(causes.includes('GRUB'), causes.join())
})

test('a plan of a flexible scale set hastens its VMs, which do not lie below it', async (t) => {
  const clock = new Clock()
  const service = await aService(t, new AttestingHost(), { now: clock.now })
  const { id, end } = await aScaleSet(service, 1, {
    ...{ orchestrationMode: 'Flexible', upgradePolicy: undefined, platformFaultDomainCount: 1 },
  })
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const document = { version: 1, name: 'often', intervalSeconds: 60 }
  const path = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  assert.equal((await service.ask('PUT', path, { properties: { document } })).status, 201)
  clock.forward(MINUTE_MS)
  const vm = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/web_0`
  await until(async () => (await verdictsOf(service, vm)).length === 2)
})

test('who took more than five seconds for its evidence has turns of its own until it was quicker eight times', async (t) => {
  const { clock, service, host } = await aProvedVm(t)
  const database = new DatabaseSync(join(service.data, 'service.db'), { readOnly: true })
  t.after(() => database.close())
  const slow = () => (database.prepare('select slow from due').get() as { slow: number }).slow
  assert.equal(slow(), 0)
  const collect = host.collectEvidence.bind(host)
  host.collectEvidence = async (...of) => {
    clock.forward(5_001)
    return collect(...of)
  }
  clock.forward(INTERVAL_MS)
  await until(async () => slow() === 8)
  host.collectEvidence = collect
  clock.forward(INTERVAL_MS)
  await until(async () => slow() === 7)
})

test('slow guests of one subscription take half of the places, and delay no other’s', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-slow-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  const asked: string[] = []
  const host = new AttestingHost()
  host.collectEvidence = (machine) => {
    asked.push(machine)
    return new Promise(() => {})
  }
  const other = '22222222-2222-3333-4444-555555555555'
  const put = async (name: string, subscriptionId: string) => {
    const { id, ...row } = vm(name)
    const resourceId = id.replace(SUBSCRIPTION, subscriptionId)
    const properties = { securityProfile: { uefiSettings: { vTpmEnabled: true } } }
    const state = { vmId: name, machine: name, power: 'running' }
    await store.resources.insert({ ...row, id: resourceId, subscriptionId, properties, state }, 1)
    const due = { due: 1, unanswered: 0, watch: { isRunning: true } }
    await store.turns.put({ vmId: name, resourceId, subscriptionId, ...due })
  }
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await put(name, SUBSCRIPTION)
  const now = Date.now
  const monitor = new Monitor({
    ...{ store, now, driver: host, log: pino({ level: 'silent' }), isDriven: () => true },
    turns: new TurnHolder({ store, owner: 'w', now }),
    appraise: () => Promise.reject(new Error('nothing to appraise')),
    signer: () => Promise.reject(new Error('nothing to sign')),
    ...{ pollMs: 20, parallel: { answering: 4, others: 2 } },
  })
  t.after(async () => {
    await monitor.stop()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  monitor.start()
  await until(async () => asked.length === 2)
  await sleep(300)
  assert.deepEqual(asked, ['a', 'b'], 'half of four')
  await put('x', other)
  await until(async () => asked.length === 3)
  assert.deepEqual(asked.slice(2), ['x'])
})
