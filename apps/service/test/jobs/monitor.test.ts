import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

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
  const { body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
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
