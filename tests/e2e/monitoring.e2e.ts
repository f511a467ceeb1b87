/** A VM under the control plane, on a real host, whose power is cut, that is reset, and whose vTPM is put back. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HostDriver, openService } from '@trusted-launch/service'
import pino from 'pino'
import { TestService } from '../../apps/service/test/a-service.ts'
import { aVm } from '../../apps/service/test/a-vm.ts'
import { BOOT_MS } from './machines.ts'

const CUTS = Number(process.env.TL_POWER_CUTS ?? 3)

/** A whole service on this machine's own host, and the host behind it. */
async function aRealService(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'tl-monitoring-'))
  let host: HostDriver | null = null
  const service = await openService({
    ...{ data, publicNames: [], location: 'local', listen: { host: '127.0.0.1', port: 0 } },
    between: (driver) => {
      host = driver
      return driver
    },
    log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }),
  })
  const { caFile } = service
  const client = new TestService(service, null as never, readFileSync(caFile, 'utf8'), data)
  t.after(async () => {
    for (const id of await host!.machines()) await host!.delete(id)
    await service.close()
    rmSync(data, { recursive: true, force: true })
  })
  return { client, host: host! as HostDriver, data }
}

async function verdictsOf(client: TestService, vm: string): Promise<string[]> {
  const { status, body } = await client.ask('GET', `${vm}/providers/TrustedLaunch/evidence`)
  if (status !== 200) return []
  return body.value.map(({ properties: { tier, findings } }: any) => [tier, ...findings].join(' '))
}

async function alertsOf(client: TestService): Promise<string[]> {
  const path = `${client.subscription}/providers/Microsoft.Security/alerts`
  const { body } = await client.ask('GET', path)
  return body.value.map(({ properties: { alertType, extendedProperties } }: any) =>
    [alertType, extendedProperties.cause].join(' '),
  )
}

async function until(what: () => Promise<boolean>, told: string): Promise<void> {
  for (const end = performance.now() + BOOT_MS; !(await what()); await sleep(200))
    assert.ok(performance.now() < end, told)
}

/** QEMU and its TPM, at the same moment. */
function cutPower(data: string, machine: string): void {
  const record = join(data, 'host/vms', machine, 'machine.json')
  const { run } = JSON.parse(readFileSync(record, 'utf8'))
  for (const { pid } of [run.qemu, run.swtpm]) process.kill(pid, 'SIGKILL')
}

async function powerOf(client: TestService, vm: string): Promise<string> {
  const { body } = await client.ask('GET', `${vm}/instanceView`)
  return body.statuses.find(({ code }: any) => code.startsWith('PowerState/')).displayStatus
}

test('power cuts and a reset raise nothing and are each proved; a vTPM that is put back with its host’s own records is noticed', {
  timeout: 1_800_000,
}, async (t) => {
  const { client, host, data } = await aRealService(t)
  const { id, end } = await aVm(client)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const [machine] = await host.machines()
  assert.deepEqual(await verdictsOf(client, id), ['affirming'])
  let proved = 1
  const provedAgain = async (why: string) => {
    await until(async () => (await verdictsOf(client, id)).length > proved, why)
    proved = (await verdictsOf(client, id)).length
  }

  for (let cut = 1; cut <= CUTS; cut++) {
    cutPower(data, machine!)
    await until(async () => (await host.power(machine!)) !== 'running', 'it lost its power')
    // Once the service starts it again; twice in ten minutes it leaves that to somebody.
    if (cut > 1) {
      await until(async () => (await powerOf(client, id)) === 'VM stopped', 'it is left stopped')
      await client.over(await client.ask('POST', `${id}/start`))
    }
    await provedAgain(`power cut ${cut}`)
    t.diagnostic(`power cut ${cut}: ${(await verdictsOf(client, id))[0]}`)
  }

  await until(async () => (await powerOf(client, id)) === 'VM running', 'it runs')
  await host.restart(machine!)
  await provedAgain('the reset was proved, by nobody asking')
  assert.deepEqual([...new Set(await verdictsOf(client, id))], ['affirming'])
  assert.deepEqual(await alertsOf(client), [])

  const stop = async () => client.over(await client.ask('POST', `${id}/deallocate`))
  const start = async () => client.over(await client.ask('POST', `${id}/start`))
  await stop()
  const kept = join(data, 'kept')
  const files = ['host/vms', 'host/journal'].map((name) => join(data, name))
  for (const [i, file] of files.entries()) cpSync(file, `${kept}${i}`, { recursive: true })
  await start()
  await provedAgain('started')
  assert.equal((await verdictsOf(client, id))[0], 'affirming')
  await stop()
  const vtpm = join('host/vms', machine!, 'vtpm')
  rmSync(join(data, vtpm), { recursive: true })
  cpSync(join(`${kept}0`, machine!, 'vtpm'), join(data, vtpm), { recursive: true })
  rmSync(files[1]!, { recursive: true })
  cpSync(`${kept}1`, files[1]!, { recursive: true })
  await start()
  await provedAgain('put back')
  assert.match((await verdictsOf(client, id))[0]!, /^contraindicated .*vtpm\.rolled-back/)
  assert.ok((await alertsOf(client)).includes('VM_VtpmIdentityChanged rolled-back'))
})
