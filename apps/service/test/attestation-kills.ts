import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceProcess } from './a-process.ts'
import type { Answer, TestService } from './a-service.ts'
import { aVm } from './a-vm.ts'
import { ServedTime } from './served-time.ts'

const VMS = 8
/** The others nobody asks: the service alone keeps them from waiting. */
const ASKED = 6
const INTERVAL_MS = 60_000
/** A VM whose interval is over is asked after so long of the service's own time: of lives that were not cut off too soon. */
const SLACK_MS = 30_000
/** A turn that was cut off is due when its lease ends. */
const LEASE_MS = 9_000
const LIFE_MS = 2_500
/** Every fifth life lasts until what it is for has come to be, however busy the machine is. */
const LONG = 5

/** What somebody was told: this verdict is kept. */
type Acknowledged = { readonly vm: string; readonly id: string }

/**
 * Kills the service again and again while it attests, by itself and because it is asked to. Nothing that was
 * acknowledged is lost, no nonce is in two verdicts, no vTPM looks like an older one, no VM's turn is stuck or later
 * than its interval, and none whose interval is over waits while the service serves.
 */
export async function killWhileAttesting(t: TestContext, kills: number): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'tl-attestation-kills-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  process.env.TL_TEST_ATTESTER_KEY = join(data, 'attester.pem')
  const served = new ServedTime()
  const start = async () => {
    const folders = [join(data, 'service'), join(data, 'host')] as const
    const process = await ServiceProcess.run(t, 'attesting-process.ts', ...folders)
    served.begin()
    return process
  }
  const end = async (process: ServiceProcess, signal: NodeJS.Signals) => {
    await process.end(signal)
    served.end()
  }
  const first = await start()
  const vms = await someVms(first.client())
  const acknowledged: Acknowledged[] = []
  for (let current = first, i = 0; ; i++) {
    const client = current.client()
    const life = live(client, vms.slice(0, ASKED), acknowledged)
    const told = acknowledged.length
    await sleep(300 + Math.random() * LIFE_MS)
    if (i % LONG === LONG - 1)
      await orLate(async () => acknowledged.length > told && !(await isAnyOver(client, vms)))
    await end(current, 'SIGKILL')
    await life
    if (i + 1 === kills) break
    current = await start()
  }
  const last = await start()
  await checkAll(last.client(), vms, acknowledged, served)
  await end(last, 'SIGTERM')
  t.diagnostic(`${kills} kills, ${acknowledged.length} verdicts acknowledged`)
}

async function orLate(isSo: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + SLACK_MS; performance.now() < until; await sleep(250))
    if (await isSo()) return
}

/** Whether the interval of any is over. */
async function isAnyOver(service: TestService, vms: readonly string[]): Promise<boolean> {
  for (const vm of vms) {
    const turn = await turnOf(service, vm)
    if (turn === null || Date.now() - turn.lastAnswered > INTERVAL_MS) return true
  }
  return false
}

/** When a VM last answered, and when it is due, as its service says; null: it has not answered yet. */
async function turnOf(service: TestService, vm: string) {
  const { status, body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
  if (status === 404) return null
  assert.equal(status, 200, JSON.stringify(body))
  const { isMonitored, lastAnswered, nextDue } = body.monitoring
  assert.ok(isMonitored)
  return { lastAnswered: Date.parse(lastAnswered), nextDue: Date.parse(nextDue) }
}

async function someVms(service: TestService): Promise<string[]> {
  const plan = { version: 1, name: 'often', intervalSeconds: INTERVAL_MS / 1000 }
  const path = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  const { status } = await service.ask('PUT', path, { properties: { document: plan } })
  assert.equal(status, 201)
  const vms: string[] = []
  for (let i = 0; i < VMS; i++) vms.push((await aVm(service, `vm${i}`)).id)
  return vms
}

/** Asks for evidence until nobody answers any more; who was told of a verdict is remembered. */
async function live(service: TestService, vms: readonly string[], told: Acknowledged[]) {
  await Promise.all(
    vms.map(async (vm) => {
      try {
        for (;;) {
          await sleep(Math.random() * LIFE_MS)
          const { properties } = await finished(service, vm)
          if (properties?.output !== undefined) told.push({ vm, id: properties.output.id })
        }
      } catch {
        // It was killed.
      }
    }),
  )
}

async function finished(service: TestService, vm: string) {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  return asked.status === 202 ? service.over(asked) : {}
}

async function checkAll(
  service: TestService,
  vms: readonly string[],
  acknowledged: readonly Acknowledged[],
  served: ServedTime,
): Promise<void> {
  assert.ok(acknowledged.length > 0)
  await Promise.all(vms.map((vm) => checkTurn(service, vm)))
  for (const { vm, id } of acknowledged) {
    const { status } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence/${id}`)
    assert.equal(status, 200, 'what was acknowledged is there')
  }
  const nonces = new Set<string>()
  let count = 0
  for (const vm of vms) {
    const verdicts = await verdictsOf(service, vm)
    for (const { name } of verdicts) {
      const { body }: Answer = await service.ask(
        'GET',
        `${vm}/providers/TrustedLaunch/evidence/${name}?format=record`,
      )
      nonces.add(JSON.stringify(body.record.expectation.nonce))
      count++
    }
    const times = [Date.now(), ...verdicts.map(({ properties }) => Date.parse(properties.time))]
    for (const [i, time] of times.slice(1).entries()) {
      const late = served.between(time + INTERVAL_MS, times[i]!)
      assert.ok(late <= SLACK_MS, `${times[i]! - time} ms without, ${late} late while it served`)
    }
    for (const { name, properties } of verdicts)
      assert.equal(properties.tier, 'affirming', await whyOf(service, vm, name))
  }
  assert.equal(nonces.size, count, 'each verdict has a nonce of its own')
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  assert.deepEqual((await service.ask('GET', alerts)).body.value, [])
}

/** A VM is due within its interval, and its turn is nobody's who is gone: it is asked when somebody wants it. */
async function checkTurn(service: TestService, vm: string): Promise<void> {
  const turn = await turnOf(service, vm)
  if (turn !== null) {
    const { lastAnswered, nextDue } = turn
    const latest = Math.max(lastAnswered + INTERVAL_MS, Date.now() + LEASE_MS)
    assert.ok(nextDue <= latest, `due ${nextDue - lastAnswered} ms after its last answer`)
  }
  const { status, properties } = await finished(service, vm)
  assert.equal(status, 'Succeeded')
  assert.equal(properties.output.tier, 'affirming')
}

/** What was found, in words. */
async function whyOf(service: TestService, vm: string, name: string): Promise<string> {
  const { body } = await service.ask('GET', `${vm}/providers/TrustedLaunch/evidence/${name}`)
  return JSON.stringify(body.properties.findings)
}

/** All of a VM's, the newest first. */
async function verdictsOf(service: TestService, vm: string): Promise<any[]> {
  const all: any[] = []
  let path = `${vm}/providers/TrustedLaunch/evidence`
  for (;;) {
    const { body } = await service.ask('GET', path)
    all.push(...body.value)
    if (body.nextLink === undefined) return all
    path = body.nextLink.slice(service.service.endpoint.length)
  }
}
