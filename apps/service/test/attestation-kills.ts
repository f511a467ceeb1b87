import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceProcess } from './a-process.ts'
import type { Answer, TestService } from './a-service.ts'
import { aVm } from './a-vm.ts'

const VMS = 8
/** The others nobody asks: the service alone keeps them from waiting. */
const ASKED = 6
const INTERVAL_MS = 60_000
/** What a kill, the start after it and the load of the machine may add to an interval. */
const SLACK_MS = 30_000
const LIFE_MS = 2_500

/** What somebody was told: this verdict is kept. */
type Acknowledged = { readonly vm: string; readonly id: string }

/**
 * Kills the service again and again while it attests, by itself and because it is asked to. Nothing that was
 * acknowledged is lost, no nonce is in two verdicts, no vTPM looks like an older one, and no VM waits for longer than
 * an interval.
 */
export async function killWhileAttesting(t: TestContext, kills: number): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'tl-attestation-kills-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  process.env.TL_TEST_ATTESTER_KEY = join(data, 'attester.pem')
  const start = () =>
    ServiceProcess.run(t, 'attesting-process.ts', join(data, 'service'), join(data, 'host'))
  const first = await start()
  const vms = await someVms(first.client())
  const acknowledged: Acknowledged[] = []
  for (let current = first, i = 0; ; i++) {
    const client = current.client()
    const life = live(client, vms.slice(0, ASKED), acknowledged)
    const told = acknowledged.length
    await sleep(300 + Math.random() * LIFE_MS)
    // However busy the machine is, some lives are long enough to be told of a verdict.
    if (i % 5 === 4) await orLate(() => acknowledged.length > told)
    await current.end('SIGKILL')
    await life
    if (i + 1 === kills) break
    current = await start()
  }
  const last = await start()
  await checkAll(last.client(), vms, acknowledged)
  await last.end('SIGTERM')
  t.diagnostic(`${kills} kills, ${acknowledged.length} verdicts acknowledged`)
}

async function orLate(isSo: () => boolean): Promise<void> {
  for (const until = performance.now() + SLACK_MS; !isSo() && performance.now() < until; )
    await sleep(50)
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
): Promise<void> {
  assert.ok(acknowledged.length > 0)
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
    for (const [i, time] of times.slice(1).entries())
      assert.ok(times[i]! - time <= INTERVAL_MS + SLACK_MS, `${times[i]! - time} ms without`)
    for (const { name, properties } of verdicts)
      assert.equal(properties.tier, 'affirming', await whyOf(service, vm, name))
  }
  assert.equal(nonces.size, count, 'each verdict has a nonce of its own')
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  assert.deepEqual((await service.ask('GET', alerts)).body.value, [])
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
