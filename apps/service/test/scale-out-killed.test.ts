import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceProcess } from './a-process.ts'
import { aScaleSet, instancesOf } from './http/a-scale-set.ts'

const INSTANCES = 50

for (const mode of ['Uniform', 'Flexible'])
  test(`a service that is killed in the middle of scaling a ${mode} set out ends at exactly as many as were asked for`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tl-scale-out-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const [data, host] = [join(folder, 'data'), join(folder, 'host')]
    const first = await ServiceProcess.start(t, data, host)
    const properties =
      mode === 'Flexible' ? { orchestrationMode: mode, upgradePolicy: undefined } : {}
    const { id } = await aScaleSet(first.client(), 1, properties)
    const patch = await first.client().ask('PATCH', id, { sku: { capacity: INSTANCES } })
    assert.equal(patch.status, 200, JSON.stringify(patch.body))
    await sleep(300)
    await first.end('SIGKILL')
    const again = await ServiceProcess.start(t, data, host)
    const client = again.client()
    const url = new URL(String(patch.headers['azure-asyncoperation']))
    for (let status = ''; status !== 'Succeeded'; ) {
      await sleep(200)
      const { body } = await client.ask('GET', url.pathname + url.search)
      assert.notEqual(body.status, 'Failed', JSON.stringify(body))
      status = body.status
    }
    const instances = await instancesOf(client, id)
    assert.equal(instances.length, INSTANCES)
    assert.equal(new Set(instances.map(({ name }) => name)).size, INSTANCES)
    const { statusesSummary } = (await client.ask('GET', `${id}/instanceView`)).body.virtualMachine
    assert.deepEqual(statusesSummary[0], { code: 'PowerState/running', count: INSTANCES })
  })
