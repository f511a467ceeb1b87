import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { need } from '../../../tools/setup.mjs'
import { ServiceProcess } from './a-process.ts'
import type { TestService } from './a-service.ts'
import { aNetwork, aVm, vmBody } from './a-vm.ts'
import { PostgresCluster, postgresPackage } from './store/postgres-cluster.ts'

/** What the issue promises of a service beside one that was killed. */
const TAKE_OVER_MS = 15_000
const missing = (await need(postgresPackage)) ? false : 'PostgreSQL is not on this machine'

function aPlace(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-two-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { host: join(folder, 'host'), data: (name: string) => join(folder, name) }
}

/** The second has what the guide says that it is to be given. */
async function aPair(t: TestContext, url: string) {
  const { host, data } = aPlace(t)
  const first = await ServiceProcess.start(t, data('a'), host, url)
  mkdirSync(data('b'))
  cpSync(join(data('a'), 'seal.key'), join(data('b'), 'seal.key'))
  const second = await ServiceProcess.start(t, data('b'), host, url)
  return { first, second, a: first.client(), b: second.client() }
}

/** A VM is asked for, and is there once somebody drives the host. */
async function created(service: TestService, name: string): Promise<string> {
  const nic = await aNetwork(service, 'rg', `nic-${name}`)
  const id = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/${name}`
  const put = await service.ask('PUT', id, vmBody(nic))
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const end = await service.over(put)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  return id
}

describe('two services on one PostgreSQL and one host', { skip: missing }, () => {
  let cluster: PostgresCluster
  before(async () => {
    cluster = await PostgresCluster.start({ fsync: 'off' })
  })
  after(() => cluster?.stop())

  test('within 15 s of a kill -9 of the one that drives the host the other makes a VM; both read all the time', async (t) => {
    const { first, a, b } = await aPair(t, await cluster.database())
    assert.equal(b.service.administrator.clientSecret, a.service.administrator.clientSecret)
    const id = await created(b, 'one')
    for (const one of [a, b]) {
      assert.equal((await one.ask('GET', id)).body.properties.provisioningState, 'Succeeded')
      assert.equal((await one.send('GET', '/health/ready', {})).status, 200)
    }
    await first.end('SIGKILL')
    const killedAt = performance.now()
    assert.equal((await b.ask('GET', id)).status, 200)
    await created(b, 'two')
    const took = performance.now() - killedAt
    assert.ok(took < TAKE_OVER_MS, `it took ${took} ms`)
    t.diagnostic(`it took ${Math.round(took)} ms`)
  })

  test('one that ends orderly leaves the host to the other at once', async (t) => {
    const { first, b } = await aPair(t, await cluster.database())
    await first.end('SIGTERM')
    const endedAt = performance.now()
    await created(b, 'one')
    assert.ok(performance.now() - endedAt < 6_000)
  })

  test('what only who drives the host can tell, the other answers with 503 and when to ask again', async (t) => {
    const { a, b } = await aPair(t, await cluster.database())
    const { id } = await aVm(a)
    const { body } = await b.ask('POST', `${id}/retrieveBootDiagnosticsData`)
    const { pathname, search } = new URL(body.serialConsoleLogBlobUri)
    const there = await a.send('GET', pathname + search, {})
    assert.match(String(there.body), /Linux version/)
    const here = await b.send('GET', pathname + search, {})
    assert.deepEqual([here.status, here.body.error.code], [503, 'HostNotHere'])
    assert.match(String(here.headers['retry-after']), /^\d+$/)
    const sizes = await b.ask(
      'GET',
      `${b.subscription}/providers/Microsoft.Compute/locations/local/vmSizes`,
    )
    assert.equal(sizes.status, 200)
  })

  test('one that stood still while its lease went by does nothing more to the host, and lets the other have it', async (t) => {
    const { first, a, b } = await aPair(t, await cluster.database())
    await created(a, 'one')
    first.signal('SIGSTOP')
    const put = b.ask('PUT', b.group('other'), { location: 'local' })
    assert.equal((await put).status, 201)
    // As long as the first lives it has the host's own lock: nobody else may touch it.
    await sleep(12_000)
    first.signal('SIGCONT')
    await created(b, 'two')
    assert.equal((await a.ask('GET', a.group('other'))).status, 200)
  })
})

test('a service that was killed is followed at once on its own database: nobody else can have the host', async (t) => {
  const { host, data } = aPlace(t)
  const first = await ServiceProcess.start(t, data('a'), host)
  await created(first.client(), 'one')
  await first.end('SIGKILL')
  const second = await ServiceProcess.start(t, data('a'), host)
  const startedAt = performance.now()
  await created(second.client(), 'two')
  assert.ok(performance.now() - startedAt < 5_000)
})

test('a second service on one data folder is refused', async (t) => {
  const { host, data } = aPlace(t)
  await ServiceProcess.start(t, data('a'), host)
  await assert.rejects(ServiceProcess.start(t, data('a'), host), /did not start/)
})
